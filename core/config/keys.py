"""[keys]: where API keys may be kept. The keys themselves never stand in the configuration."""

from pydantic import Field

from core.config.section import Section, Switch, Text


class KeysConfig(Section):
    use_os_keyring: Switch = Field(
        default=True, description="keep keys in the keyring of the operating system where one answers"
    )
    vault_key_file: Text | None = Field(
        default=None, description="a file of 32 random bytes that opens the encrypted vault in place of a passphrase"
    )
