"""Sealing texts: encrypted and authenticated (Fernet), each marked with the key that opens it."""

import hashlib
from collections.abc import Sequence

from models.errors import InputError, TamperError


def new_key() -> str:
    """Return a new random key, 44 characters of URL-safe Base64."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


def mark_of(key: str) -> str:
    """Return eight digits by which a key is recognised; they tell nothing of the key."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


class Vault:
    """Seals with the first key and opens with any of them."""

    def __init__(self, keys: Sequence[str], origin: str) -> None:
        """Take the keys, the current one first.

        Args:
            keys: At least one key.
            origin: Where they come from, for the errors; the keys themselves are never told.

        Raises:
            InputError: There is none, or one is malformed.
        """
        # Imported here: short commands seal nothing.
        from cryptography.fernet import Fernet, MultiFernet

        if not keys:
            raise InputError(f"{origin}中没有密钥，请从备份恢复；从未用过的空文件可删除后重新生成。")
        ciphers = []
        for place, key in enumerate(keys, start=1):
            try:
                ciphers.append(Fernet(key))
            except ValueError:
                raise InputError(f"{origin}中第{place}个密钥的格式不正确，请从备份恢复。") from None
        self._ciphers = MultiFernet(ciphers)
        self._marks = [mark_of(key) for key in keys]

    def seal(self, text: str) -> str:
        """Return a text sealed with the first key, behind the mark of that key."""
        return f"{self._marks[0]}.{self._ciphers.encrypt(text.encode()).decode()}"

    def open(self, sealed: str) -> str:
        """Return a sealed text.

        Raises:
            InputError: It was sealed with a key that is not here.
            TamperError: It was sealed with one of these keys and changed since.
        """
        from cryptography.fernet import InvalidToken

        mark, _, token = sealed.partition(".")
        if mark not in self._marks:
            raise InputError(
                f"举报人信息由另一个密钥（标记 {mark[:8]}）加密，现有密钥（标记 {'、'.join(self._marks)}）"
                "不能解密；找到原密钥后，把它追加到现有密钥之后即可。"
            )
        try:
            return self._ciphers.decrypt(token.encode()).decode()
        except InvalidToken:
            raise TamperError("举报人信息的密文被改动过或已损坏，不能解密，请核查数据库。") from None

    def knows(self, sealed: str) -> bool:
        """Tell whether the key of a sealed text is among these."""
        return sealed.partition(".")[0] in self._marks
