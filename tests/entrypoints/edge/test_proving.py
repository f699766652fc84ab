"""Who may speak to a worker as a front, and for whom a front takes a worker."""

import os
from collections.abc import Callable
from itertools import count

import pytest

from drawbridge.entrypoints.edge.messages import Kind, Message, encode_parts
from drawbridge.entrypoints.edge.proving import FrontProving, Unproven, WorkerProving

KEY = b"k" * 32
OTHER = b"o" * 32
HERE = "127.0.0.1:8920"
THERE = "127.0.0.1:8921"


def counted() -> Callable[[int], bytes]:
    numbers = count(1)
    return lambda length: next(numbers).to_bytes(length, "big")


def begun(proving: WorkerProving) -> Message:
    first = proving.begin()
    assert first is not None
    return first


def answered(proving: FrontProving | WorkerProving, message: Message) -> Message:
    told = proving.take(message)
    assert told is not None
    return told


def test_who_has_another_key_is_not_heard() -> None:
    worker, front = WorkerProving(KEY, os.urandom, HERE), FrontProving(OTHER, os.urandom, HERE)
    with pytest.raises(Unproven):
        worker.take(answered(front, begun(worker)))
    assert not worker.is_done


def test_a_program_that_took_a_workers_port_is_told_nothing() -> None:
    worker, front = WorkerProving(OTHER, os.urandom, HERE), FrontProving(KEY, os.urandom, HERE)
    proof = answered(front, begun(worker))
    for told in (
        Message(Kind.WELCOME, 0, encode_parts([b"", b"\x00" * 32])),
        # What the front has said itself, handed back.
        Message(Kind.WELCOME, 0, proof.body),
        Message(Kind.OPENED),
    ):
        front = FrontProving(KEY, counted(), HERE)
        answered(front, begun(worker))
        with pytest.raises(Unproven):
            front.take(told)
        assert not front.is_done


def test_what_was_overheard_is_good_for_no_second_line() -> None:
    worker, front = WorkerProving(KEY, os.urandom, HERE), FrontProving(KEY, os.urandom, HERE)
    proof = answered(front, begun(worker))
    answered(worker, proof)
    again = WorkerProving(KEY, os.urandom, HERE)
    begun(again)
    with pytest.raises(Unproven):
        again.take(proof)


def test_a_proof_that_is_passed_on_to_another_worker_is_none() -> None:
    """A program in a dead worker's place could else speak to a living one as a front."""
    worker, front = WorkerProving(KEY, os.urandom, THERE), FrontProving(KEY, os.urandom, HERE)
    proof = answered(front, begun(worker))
    with pytest.raises(Unproven):
        worker.take(proof)


@pytest.mark.parametrize(
    "message",
    [
        Message(Kind.REQUEST, 1, b""),
        Message(Kind.PING),
        Message(Kind.PROOF, 0, b""),
        Message(Kind.PROOF, 0, b"\xff" * 40),
        Message(Kind.PROOF, 0, encode_parts([b"", b""])),
        Message(Kind.PROOF, 0, encode_parts([b"a", b"b", b"c"])),
    ],
)
def test_nothing_else_is_taken_for_a_proof(message: Message) -> None:
    worker = WorkerProving(KEY, os.urandom, HERE)
    begun(worker)
    with pytest.raises(Unproven):
        worker.take(message)
    assert not worker.is_done


def test_another_version_is_not_spoken_to() -> None:
    front = FrontProving(KEY, os.urandom, HERE)
    greeting = Message(Kind.GREETING, 0, encode_parts([b"drawbridge relay 2", b"c" * 32]))
    with pytest.raises(Unproven):
        front.take(greeting)


def test_two_of_one_house_know_each_other() -> None:
    worker, front = WorkerProving(KEY, os.urandom, HERE), FrontProving(KEY, os.urandom, HERE)
    assert front.begin() is None
    assert front.take(answered(worker, answered(front, begun(worker)))) is None
    assert worker.is_done
    assert front.is_done
