"""Signatures as AWS works them out in its own documentation."""

from drawbridge.core.secret import Secret
from drawbridge.gateway.aws_signing import AwsIdentity, AwsPlace, signed
from drawbridge.wire.http import WireRequest

_AT_MS = 1_440_938_160_000  # 2015-08-30 12:36:00 UTC
_SECRET = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def test_the_example_of_their_documentation_comes_out() -> None:
    """Source: AWS General Reference, “Examples of the complete Signature Version 4 process”."""
    request = WireRequest(
        "GET",
        b"/",
        b"Action=ListUsers&Version=2010-05-08",
        ((b"content-type", b"application/x-www-form-urlencoded; charset=utf-8"),),
    )
    place = AwsPlace("iam.amazonaws.com", "us-east-1", "iam")
    proven = signed(request, place, AwsIdentity("AKIDEXAMPLE", _SECRET), _AT_MS)
    assert proven.header(b"authorization") == (
        b"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request,"
        b" SignedHeaders=content-type;host;x-amz-date,"
        b" Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


def test_the_token_of_temporary_credentials_is_signed_as_well() -> None:
    place = AwsPlace("kms.example.com", "us-east-1", "kms")
    identity = AwsIdentity("AKIDEXAMPLE", _SECRET, "a session")
    proven = signed(WireRequest("POST", b"/"), place, identity, _AT_MS)
    assert proven.header(b"x-amz-security-token") == b"a session"
    assert b"SignedHeaders=host;x-amz-date;x-amz-security-token," in (
        proven.header(b"authorization") or b""
    )
