"""Stand-ins for the services that keep a wrapping key: a transit engine, and AWS KMS.

They speak as their documentation says, encrypt for real, and refuse whoever does not prove who
they are; the signature is worked out here once more, by other means than the product's.
"""

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "s.planted-transit-token"
ACCESS_KEY = "AKIDPLANTED"
SECRET_KEY = "planted+secret/of+a+user"
REGION = "eu-example-1"


@dataclass
class KeyServices:
    """Both services on one site; `is_away` lets them fail, `forgets` answer with another key."""

    is_away: bool = False
    forgets: bool = False
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._key = AESGCM(os.urandom(32))
        self.app = Starlette(
            routes=[
                Route("/v1/transit/{what}/drawbridge", self._transit, methods=["POST"]),
                Route("/", self._kms, methods=["POST"]),
            ]
        )

    async def _transit(self, request: Request) -> Response:
        what, body = request.path_params["what"], await request.json()
        self.asked.append(f"transit {what}")
        if self.is_away:
            return JSONResponse({"errors": ["sealed"]}, 503)
        if request.headers.get("x-vault-token") != TOKEN:
            return JSONResponse({"errors": ["permission denied"]}, 403)
        if what == "encrypt":
            sealed = self._sealed(base64.b64decode(body["plaintext"]), b"")
            return JSONResponse({"data": {"ciphertext": f"vault:v1:{sealed}"}})
        plain = self._opened(body["ciphertext"].removeprefix("vault:v1:"), b"")
        if plain is None:
            return JSONResponse({"errors": ["invalid ciphertext"]}, 400)
        return JSONResponse({"data": {"plaintext": base64.b64encode(plain).decode()}})

    async def _kms(self, request: Request) -> Response:
        data = await request.body()
        what = request.headers["x-amz-target"]
        self.asked.append(what)
        if self.is_away:
            return JSONResponse({"__type": "KMSInternalException"}, 500)
        if not _is_signed(request, data):
            return JSONResponse({"__type": "IncompleteSignatureException"}, 400)
        told: dict[str, Any] = json.loads(data)
        about = json.dumps([told["KeyId"], told["EncryptionContext"]]).encode()
        if what == "TrentService.Encrypt":
            sealed = self._sealed(base64.b64decode(told["Plaintext"]), about)
            return JSONResponse({"KeyId": told["KeyId"], "CiphertextBlob": sealed})
        plain = self._opened(told["CiphertextBlob"], about)
        if plain is None:
            return JSONResponse({"__type": "InvalidCiphertextException"}, 400)
        return JSONResponse({"Plaintext": base64.b64encode(plain).decode()})

    def _sealed(self, plain: bytes, about: bytes) -> str:
        nonce = os.urandom(12)
        return base64.b64encode(nonce + self._key.encrypt(nonce, plain, about)).decode()

    def _opened(self, text: str, about: bytes) -> bytes | None:
        data = base64.b64decode(text)
        try:
            plain = self._key.decrypt(data[:12], data[12:], about)
        except InvalidTag:
            return None
        return bytes(len(plain)) if self.forgets else plain


def _is_signed(request: Request, body: bytes) -> bool:
    parts = dict(
        piece.strip().split("=", 1)
        for piece in request.headers["authorization"].partition(" ")[2].split(",")
    )
    names = parts["SignedHeaders"].split(";")
    if not {"host", "x-amz-date", "x-amz-target"} <= set(names):
        return False
    lines = [f"{name}:{request.headers[name]}" for name in names]
    text = "\n".join(
        ["POST", "/", "", *lines, "", ";".join(names), hashlib.sha256(body).hexdigest()]
    )
    moment = request.headers["x-amz-date"]
    scope = f"{moment[:8]}/{REGION}/kms/aws4_request"
    told = ["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(text.encode()).hexdigest()]
    key = b"AWS4" + SECRET_KEY.encode()
    for piece in scope.split("/"):
        key = hmac.new(key, piece.encode(), hashlib.sha256).digest()
    proof = hmac.new(key, "\n".join(told).encode(), hashlib.sha256).hexdigest()
    return parts["Credential"] == f"{ACCESS_KEY}/{scope}" and parts["Signature"] == proof
