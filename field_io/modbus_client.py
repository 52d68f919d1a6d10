"""The library's Modbus client as a link needs it: no retries, no reconnection of its own, TLS where it is asked for."""

from __future__ import annotations

import ssl
import struct
from typing import Any

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.pdu.register_message import ReadWriteMultipleRegistersResponse
from pymodbus.transport import CommParams, CommType

from field_io.tls import Credentials


class _WholeAnswer(ReadWriteMultipleRegistersResponse):
    """The answer to FC23, all registers at once: the library's own reads them one by one, most of a round's time."""

    def decode(self, data: bytes) -> None:
        """Take the registers; none where the byte count contradicts the length, and then nothing is believed."""
        whole = len(data) % 2 == 1 and data[0] == len(data) - 1
        self.registers = list(struct.unpack(f">{data[0] // 2}H", data[1:])) if whole else []

    def __str__(self) -> str:
        """Short: the library makes this text for each answer."""
        return f"{len(self.registers)} registers"


class CabinetClient(AsyncModbusTcpClient):
    """One connection to one cabinet. Over TLS the frames are the same ones, header and all (Modbus/TCP Security)."""

    def __init__(self, name: str, host: str, port: int, timeout_s: float, credentials: Credentials | None) -> None:
        self.refusal = ""
        """Why there is no connection, where that can be told."""
        # The library's own TLS client takes a whole read for a frame; with these it is its TCP client, encrypted.
        self.comm_params = CommParams(
            comm_type=CommType.TCP if credentials is None else CommType.TLS,
            host=host,
            port=port,
            comm_name=name,
            reconnect_delay=0,
            timeout_connect=timeout_s,
            sslctx=None if credentials is None else credentials.context,
        )
        super().__init__(host, port=port, name=name, timeout=timeout_s, retries=0, reconnect_delay=0)
        self.register(_WholeAnswer)
        self._create, self.ctx.call_create = self.ctx.call_create, self._create_telling

    async def _create_telling(self) -> Any:
        """As the library does, but keep why it failed: it would only log it."""
        try:
            return await self._create()
        except ssl.SSLCertVerificationError as error:
            self.refusal = f"the certificate that it shows is not trusted: {error.verify_message}"
            raise
        except ssl.SSLError as error:
            self.refusal = f"no TLS connection: {error.reason or error}"
            raise
