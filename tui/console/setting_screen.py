"""The key of the settings: what can be changed while the console runs, and where the rest is set."""

from typing import TYPE_CHECKING

from tui.console import dialogs
from tui.console.actions import ACTIONS
from tui.console.setting_table import SETTINGS, Setting, origin_of
from tui.present.settings import SettingRow

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp


class SettingScreen:
    app: "ConsoleApp"

    def save_screen(self) -> None:
        raise NotImplementedError

    def open_settings(self) -> None:
        """Show every setting; what is changed applies at once."""
        dialog = dialogs.SettingsDialog(
            self._setting_rows, self._fixed_settings, self._change_setting, self.save_screen
        )
        self.app.dialogs.open(dialog)

    def _change_setting(self, place: int, step: int) -> None:
        setting = SETTINGS[place]
        setting.put(self.app, setting.following(setting.read(self.app), step))

    def _setting_rows(self) -> list[SettingRow]:
        return [self._setting_row(setting) for setting in SETTINGS]

    def _setting_row(self, setting: Setting) -> SettingRow:
        value, origin = setting.read(self.app), origin_of(self.app, setting)
        where = f" Configuration: {setting.name} in [console]." if setting.is_configurable else ""
        return SettingRow(setting.label, value, origin, f"{setting.help}{where}", setting.allowed)

    def _fixed_settings(self) -> list[SettingRow]:
        """Return what needs the configuration, each with its key and the file."""
        app = self.app
        snapshot, file = app.view.snapshot, app.settings.config_file or "the configuration file"
        others = sum(app.keys.keys_of(action) != action.keys for action in ACTIONS)
        here = SettingRow(
            "keys",
            f"{others} set anew" if others else "as shipped",
            "[console.keys]",
            f"Other keys for an action, or none: [console.keys] in {file}; ? lists the keys as they are.",
        )
        engine = file if app.link.place == "hosted" else "the configuration of the engine, where that runs"
        if snapshot is None:
            return [here]
        state = snapshot.monitoring
        return [
            here,
            SettingRow(
                "trading mode", state.global_.trading_mode, "mode in [engine]",
                f"PAPER or LIVE is fixed at the start: mode and live_trading in [engine] of {engine}.",
            ),
            SettingRow(
                "risk limits", f"{len(state.risk.limits)} limits", "[risk]",
                f"Desk 4 shows each with the room left; they are set in [risk] of {engine}.",
            ),
            SettingRow(
                "venues", f"{len(state.venues)} venues", "[venues.NAME]",
                f"Which venues, in which mode, for which symbols: [venues.NAME] in {engine}.",
            ),
            SettingRow(
                "alert sinks", f"{len(state.alert_sinks)} sinks" if state.alert_sinks else "none",
                "[alerts.sinks.NAME]",
                f"Who is told of alerts beside the screen: [alerts.sinks.NAME] in {engine}.",
            ),
        ]  # fmt: skip
