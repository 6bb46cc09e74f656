"""Commands for the outbox: list, show, resend."""

import click

from deployments.cli.frame import Group, emit, json_option, shortened, table, workplace
from deployments.installation.settings import load_settings
from models.days.hours import BusinessHours
from models.messages.kinds import MessageKind
from models.messages.tables import Message
from models.messages.vocabulary import Delivery
from models.office.directory import Office
from notifications.texts.wording import preview, preview_mail
from tasks.delivery.given_up import send_again
from tasks.delivery.sending import deliver_messages
from tasks.lookup.listings import find_message, list_messages
from tasks.workplace import read_office


@click.group(cls=Group)
def messages() -> None:
    """查看发件箱，重新发送未送出的消息。"""


@messages.command("list")
@click.option("--lead", "number", default="", help="只看某件事项，如 L2026-0012")
@click.option("--status", "state", default="", help=f"只看某种状态：{'、'.join(d.label for d in Delivery)}")
@json_option
def show_messages(*, number: str, state: str, as_json: bool) -> None:
    """列出消息；“已交付渠道”不等于对方收到，签收才算。"""
    status = Delivery.parse(state, "状态") if state else None
    with workplace() as place:
        office, hours = read_office(place), place.policy.business_hours
        found = list_messages(place, number, status)
    rows = [
        (m.id, f"{hours.local(m.created_at):%m-%d %H:%M}",
         office.called(m.unit_code, m.created_at).short_name,
         m.status.label, shortened(m.subject, 60), shortened(m.last_error, 40))
        for m in found
    ]  # fmt: skip
    data = [message.model_dump(mode="json") for message in found]
    text = table(("编号", "时间", "单位", "状态", "主题", "未送原因"), rows) if rows else "没有消息。"
    emit(data, text, as_json=as_json)


@messages.command("show")
@click.argument("number", type=int)
@json_option
def show_message(*, number: int, as_json: bool) -> None:
    """查看一条消息的全文、附件和发送情况。"""
    with workplace() as place:
        office, hours = read_office(place), place.policy.business_hours
        message = find_message(place, number)
    emit(message.model_dump(mode="json"), _told(message, office, hours), as_json=as_json)


@messages.command("resend")
@click.argument("number", type=int)
@click.option("--person", required=True, help="经办人姓名")
@json_option
def resend(*, number: int, person: str, as_json: bool) -> None:
    """重新发送一条未送出（或对方称未收到）的消息；记入台账。"""
    with workplace() as place:
        send_again(place, number, person, place.clock())
        report = deliver_messages(place, message_id=number)
        message = find_message(place, number)
    text = f"消息 {number}：{message.status.label}。{message.last_error or report.reason}"
    emit(message.model_dump(mode="json"), text, as_json=as_json)


@messages.command("preview")
@click.argument("kind", required=False)
@click.option("--html", "as_html", is_flag=True, help="邮件的 HTML 形式")
@json_option
def preview_message(*, kind: str | None, as_html: bool, as_json: bool) -> None:
    """用虚构数据预览一种消息；不写名称时列出全部名称。本单位的模板放在数据文件夹的 templates 中。"""
    folder = load_settings().home / "templates"
    if kind is None:
        kinds = sorted(MessageKind)
        emit(kinds, "\n".join(kinds), as_json=as_json)
        return
    text = preview(kind, folder)
    html = preview_mail(kind, folder)
    values = sorted(MessageKind(kind).values)
    data = {"kind": kind, "subject": text.subject, "body": text.body, "html": html, "values": values}
    emit(data, html if as_html else f"{text.subject}\n{text.body}", as_json=as_json)


def _told(message: Message, office: Office, hours: BusinessHours) -> str:
    """Return a message as people read it."""
    handed = f"，{hours.local(message.handed_over_at):%Y-%m-%d %H:%M} 交付" if message.handed_over_at else ""
    rows = [
        (
            "收件单位",
            f"{office.called(message.unit_code, message.created_at).name}（渠道标签 {message.tag}）",
        ),
        ("状态", f"{message.status.label}{handed}，尝试{message.attempts}次"),
        ("未送原因", message.last_error),
        ("附件", message.document_number or ""),
        ("主题", message.subject),
    ]
    return "\n".join([*(f"{name}：{value}" for name, value in rows if value), "", message.body])
