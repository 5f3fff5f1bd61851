"""Bytes on their way to Discord."""

from io import BytesIO


class Upload(BytesIO):
    """A file to be sent from bytes that it shares with whoever has them: they are never copied as a whole.

    BytesIO shares them as well, until somebody asks for its buffer, as aiohttp does to learn how long it is.
    """

    def getbuffer(self) -> memoryview:
        """The bytes, to be read only."""
        return memoryview(self.getvalue())
