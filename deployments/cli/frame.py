"""What every command shares: Chinese help pages and usage errors, output, the workplace."""

import contextlib
import importlib
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import click

from deployments.installation.opening import open_workplace
from deployments.installation.revisions import refuse_later_facts
from deployments.installation.settings import Settings, load_settings
from models.errors import StartError
from tasks.workplace import Workplace

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Chinese(click.Command):
    """A command whose help page is Chinese."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        pieces = " ".join(self.collect_usage_pieces(ctx)).replace("[OPTIONS]", "[选项]")
        pieces = pieces.replace("COMMAND [ARGS]...", "命令 [参数]…")
        formatter.write_usage(ctx.command_path, pieces, prefix="用法：")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the description."""
        text = (self.help or "").strip()
        if text:
            formatter.write_paragraph()
            formatter.write_text(text)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        records = [p.get_help_record(ctx) for p in self.get_params(ctx) if isinstance(p, click.Option)]
        rows = [
            (flag.replace("TEXT", "文字"), told.replace("[required]", "（必填）"))
            for flag, told in filter(None, records)
        ]
        with formatter.section("选项"):
            formatter.write_dl(rows)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the help option with a Chinese description."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示本页"
        return option


class Command(_Chinese):
    """A leaf command."""


class Group(_Chinese, click.Group):
    """A group of commands; a module is imported only when one of its commands is asked for."""

    command_class = Command

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401 - click's own
        commands_by_module: Mapping[str, tuple[str, str]] | None = None,
        **attributes: Any,  # noqa: ANN401 - click's own
    ) -> None:
        """Remember where the commands live."""
        super().__init__(*arguments, **attributes)
        self._by_module = commands_by_module or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order they were given."""
        return [*self._by_module, *(name for name in self.commands if name not in self._by_module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name in self._by_module:
            command: click.Command = getattr(
                importlib.import_module(self._by_module[cmd_name][0]), cmd_name.replace("-", "_")
            )
            return command
        return super().get_command(ctx, cmd_name)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options and the commands."""
        super().format_options(ctx, formatter)
        rows = []
        for name in self.list_commands(ctx):
            told = self._by_module[name][1] if name in self._by_module else (self.commands[name].help or "")
            rows.append((name, told.strip().splitlines()[0]))
        with formatter.section("命令"):
            formatter.write_dl(rows)


def explain_usage(error: click.ClickException) -> str:
    """Return a wrong command as one Chinese sentence."""
    context = getattr(error, "ctx", None)
    hint = f"可用 {context.command_path} --help 查看用法。" if context else ""
    match error:
        case click.exceptions.NoSuchOption():
            return f"没有选项 {error.option_name}。{hint}"
        case click.exceptions.MissingParameter():
            name = error.param.get_error_hint(context) if error.param and context else ""
            return f"缺少 {name}。{hint}"
        case click.exceptions.BadParameter():
            name = error.param.get_error_hint(context) if error.param and context else ""
            return f"{name} 的值不正确或超出范围。{hint}"
        case click.exceptions.BadOptionUsage():
            return f"选项 {error.option_name} 缺少内容。{hint}"
        case _:
            return f"{_mistake(error.message)}。{hint}"


def _mistake(message: str) -> str:
    """Return what click says of a command that is put together in a wrong way."""
    if "unexpected extra argument" in message:
        return f"多写了内容：{message.partition('(')[2].rstrip(').')}"
    if "No such command" in message:
        return f"没有这个命令：{message.split(chr(39))[1]}"
    return f"命令写法不正确：{message}"


def json_option(function: _Function) -> _Function:
    """Give a command the option --json."""
    return click.option("--json", "as_json", is_flag=True, help="输出 JSON，供程序读取")(function)


@contextlib.contextmanager
def workplace() -> Iterator[Workplace]:
    """Open the workplace of this installation.

    Raises:
        StartError: The installation has no database yet, or that of a later release.
    """
    settings = load_settings()
    require_database(settings)
    place = open_workplace(settings)
    try:
        refuse_later_facts(place.engine)
        yield place
    finally:
        place.close()


def require_database(settings: Settings) -> None:
    """Refuse to work in a folder where nothing was set up, instead of silently starting another register.

    Raises:
        StartError: There is no database.
    """
    if not settings.database_url and not (settings.home / "zero137.db").exists():
        raise StartError(f"文件夹 {settings.home} 中还没有数据库，请先运行 zero137 up（或 zero137 init）。")


def emit(data: object, text: str, *, as_json: bool) -> None:
    """Print what a command found: JSON for programs, text for people."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str) if as_json else text)


def table(heading: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows as aligned columns; Chinese characters are two cells wide."""
    cells = [[str(cell) for cell in row] for row in (heading, *rows)]
    widths = [max(_width(row[column]) for row in cells) for column in range(len(heading))]
    lines = ["  ".join(map(_padded, row, widths)).rstrip() for row in cells]
    return "\n".join(lines)


def shortened(text: str, width: int) -> str:
    """Return text cut to a width in cells."""
    cut, used = "", 0
    for char in text:
        used += _width(char)
        if used > width - 1:
            return cut + "…"
        cut += char
    return cut


def _padded(cell: str, width: int) -> str:
    """Return a text filled up with blanks to a width in cells."""
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    """Return how many cells a terminal needs for a text."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)
