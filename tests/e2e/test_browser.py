"""An operator in a real browser: registers a lead, answers it, is refused, answers properly."""

import os
from pathlib import Path

import pytest
from harness.running_system import System, until
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
EXPLANATION = "经核查，相关前置条件没有法律法规依据，现已责成责任单位取消。"


def field(form: Page | Locator, title: str) -> Locator:
    """Return the part of a form that stands under a title."""
    label = (
        f"//span[contains(@class, 'schema-form-property__label')][starts-with(normalize-space(.), '{title}')]"
    )
    part = "ancestor::div[contains(concat(' ', @class, ' '), ' schema-form-property ')][1]"
    return form.locator(f"xpath={label}/{part}" if isinstance(form, Page) else f"xpath=.{label}/{part}").first


def fill(form: Page | Locator, title: str, text: str) -> None:
    """Fill in a text field."""
    field(form, title).locator("textarea").first.fill(text)


def choose(page: Page, form: Page | Locator, title: str, option: str) -> None:
    """Choose from a drop-down by the keyboard, which opens it whatever has the focus."""
    field(form, title).locator("button.p-select-button__control").first.press("ArrowDown")
    page.get_by_role("option", name=option, exact=True).first.click()


def open_form(page: Page, system: System, printed_number: str) -> Locator:
    """Open the resume form of the run that carries a lead."""
    (run,) = system.runs_of(f"{printed_number} ")
    page.goto(f"http://127.0.0.1:{system.port}/runs/flow-run/{run['id']}")
    page.get_by_role("button", name="Resume").first.click()
    form = page.get_by_role("dialog").or_(page.locator(".p-modal")).first
    expect(form.get_by_text("经办人").first).to_be_visible()
    return form


def submit(form: Locator) -> None:
    """Send the form off."""
    form.get_by_role("button", name="Submit").click()
    expect(form).to_be_hidden()


def test_an_operator_conducts_a_lead_in_the_browser(page: Page, system: System, proof: Path) -> None:
    """From the form of 登记线索 to the rectification, with one refusal whose reason stands in the form."""
    page.goto(f"http://127.0.0.1:{system.port}/deployments")
    # The page shows ten, and other tests that use this system may have added theirs.
    page.get_by_placeholder("Search deployments").fill("登记线索")
    page.get_by_role("link", name="登记线索").first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    fill(page, "标题", "某局办理经营许可违规增设前置条件")
    fill(page, "事实情况", "2026年9月起，办理经营许可时要求企业另行提供负面清单之外的检测证明。")
    choose(page, page, "来源层级", "省")
    choose(page, page, "类别", "违规设置隐性壁垒")
    fill(page, "经办人", "经办人甲")
    page.get_by_role("button", name="Submit").click()
    lead = until(lambda: find_lead(system, "某局办理经营许可违规增设前置条件"), "the lead is registered")
    number, printed = lead["number"], lead["printed_number"]
    system.await_step(number, "待移交")
    until(lambda: system.runs_of(f"登记线索 · {printed}"), "the run says what it registered")

    form = open_form(page, system, printed)
    fill(form, "经办人", "经办人甲")
    choose(page, form, "主管单位", "侯马市住房和城乡建设管理局")
    submit(form)
    system.await_step(number, "待签收")
    form = open_form(page, system, printed)
    fill(form, "经办人", "经办人乙")
    submit(form)
    system.await_step(number, "待核查")

    verify(page, open_form(page, system, printed), evidence="")
    until(lambda: refusals(system, number), "the refused form is shown again")
    key = system.json("evidence", "add", number, proof)[0]["key"]
    form = open_form(page, system, printed)
    expect(form.get_by_text("缺少印证材料").first).to_be_visible()
    keep_picture(page)
    verify(page, form, evidence=key)
    system.await_step(number, "待整改")
    (run,) = system.runs_of(f"{printed} ")
    page.goto(f"http://127.0.0.1:{system.port}/runs/flow-run/{run['id']}")
    expect(page.get_by_text(f"{printed} · 整改 · 行政审批局").first).to_be_visible()
    assert {"整改", "行政审批局", "正常"} == set(run["tags"])


def verify(page: Page, form: Locator, *, evidence: str) -> None:
    """Fill in the verification and send it off."""
    fill(form, "经办人", "经办人乙")
    choose(page, form, "核查结论", "属实")
    choose(page, form, "责任单位", "侯马市行政审批服务管理局")
    fill(form, "整改意见", "取消该前置条件")
    fill(form, "情况说明", EXPLANATION)
    fill(form, "印证材料编号", evidence)
    submit(form)


def find_lead(system: System, title: str) -> dict[str, str] | None:
    """Return the lead with a title, if it is there."""
    return next((lead for lead in system.json("lead", "list") if lead["title"] == title), None)


def refusals(system: System, number: str) -> bool:
    """Tell whether the verification waits with its second form."""
    lead = system.json("lead", "show", number)
    runs = system.runs_of(f"{lead['printed_number']} ")
    return [run["state_type"] for run in runs] == ["PAUSED"] and runs[0]["state"]["state_details"][
        "pause_key"
    ].endswith("-n4")


def keep_picture(page: Page) -> None:
    """Write a picture of the form where ``KEEP_PICTURES`` names a folder; the README shows it."""
    folder = os.environ.get("KEEP_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / "resume-form.png"))
