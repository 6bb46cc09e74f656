"""What must hold when everything is over, told by our database alone, mostly in plain SQL."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chaos.journal import CONFLICT, Attempt, Journal
from chaos.mail import expected_messages, found_messages
from chaos.plans import LeadPlan
from chaos.promises import broken_promises, wrong_changes, wrong_ends, wrong_letters
from sqlalchemy import text

from models.codes import CALLED_OFF
from models.errors import TamperError
from tasks.audit import comparison
from tasks.audit.verification import verify_ledger
from tasks.workplace import Workplace

Rows = list[tuple[Any, ...]]
Ask = Callable[[str], Rows]
_CALLED_OFF = "'" + "', '".join(outcome.value for outcome in CALLED_OFF) + "'"


@dataclass(frozen=True)
class Invariant:
    """One thing that must hold: what was counted, and what was found to be wrong."""

    name: str
    counted: str
    wrong: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing was found to be wrong."""
        return not self.wrong


def check_facts(place: Workplace, plans: list[LeadPlan], journal: Journal) -> list[Invariant]:
    """Check every invariant our database can tell of."""
    chain = _the_chain_of_the_ledger_holds(place)
    agreed = _the_facts_agree_with_the_ledger(place)
    with place.reading() as session:

        def ask(query: str) -> Rows:
            return [tuple(row) for row in session.connection().execute(text(query))]

        return [
            _every_lead_is_closed(ask, plans),
            _every_step_came_as_planned(ask, plans),
            _every_assignment_has_one_answer(ask),
            _every_proof_is_kept(ask),
            _the_ledger_has_no_gap(ask),
            chain,
            agreed,
            _the_ledger_tells_everything_once(ask),
            _every_message_is_enqueued_once(ask),
            _every_document_is_numbered_once(ask),
            _what_was_refused_left_nothing(ask),
            _every_conflict_is_noted_once(ask, journal.attempts),
            _every_change_came_once(ask, plans, journal),
            _every_lead_has_one_letter(ask),
        ]


def _every_lead_is_closed(ask: Ask, plans: list[LeadPlan]) -> Invariant:
    closed = Counter(title for (title,) in ask("SELECT title FROM matter WHERE outcome IS NOT NULL"))
    known = Counter(title for (title,) in ask("SELECT title FROM matter"))
    wrong = [f"{plan.title} 登记{known[plan.title]}次" for plan in plans if known[plan.title] != 1]
    wrong += [f"{title} 未办结" for title in known if not closed[title]]
    return Invariant("每条线索都已登记一次并办结", f"{closed.total()}条", tuple(wrong))


def _every_step_came_as_planned(ask: Ask, plans: list[LeadPlan]) -> Invariant:
    rows = ask(
        "SELECT m.title, a.step, a.round FROM matter m JOIN assignment a ON a.matter_id = m.id ORDER BY a.id"
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for title, step, number in rows:
        found.setdefault(title, []).append((step, number))
    wrong = [
        f"{plan.title} {found.get(plan.title)}"
        for plan in plans
        if found.get(plan.title) != [turn.key for turn in plan.turns]
    ]
    return Invariant("环节与轮次同计划一致", f"{len(rows)}次交办", tuple(wrong))


def _every_assignment_has_one_answer(ask: Ask) -> Invariant:
    rows = ask(
        "SELECT a.id, count(w.id), a.answered_at IS NOT NULL FROM assignment a"
        " LEFT JOIN answer w ON w.assignment_id = a.id GROUP BY a.id"
    )
    # What a lead owed when it was called off is answered by nobody.
    moot = {key for (key,) in ask(
        "SELECT max(a.id) FROM assignment a JOIN matter m ON m.id = a.matter_id"
        f" WHERE m.outcome IN ({_CALLED_OFF}) GROUP BY m.id"
    )}  # fmt: skip
    wrong = [
        f"交办{key} 有{answers}个反馈"
        for key, answers, dated in rows
        if answers != (key not in moot) or not dated
    ]
    return Invariant("每次交办恰有一个反馈", f"{sum(row[1] for row in rows)}个反馈", tuple(wrong))


def _every_proof_is_kept(ask: Ask) -> Invariant:
    rows = ask(
        "SELECT w.person, count(e.evidence_id) FROM assignment a JOIN answer w ON w.assignment_id = a.id"
        " LEFT JOIN answerevidence e ON e.answer_id = w.id"
        " WHERE a.step IN ('verify', 'rectify') AND w.decision <> 'redirected' GROUP BY w.id"
    )
    wrong = [f"{person} 的反馈没有印证材料" for person, files in rows if not files]
    return Invariant("核查与整改反馈都有印证材料", f"{len(rows)}个反馈", tuple(wrong))


def _the_ledger_has_no_gap(ask: Ask) -> Invariant:
    rows = ask(
        "SELECT stream, count(*), count(DISTINCT sequence), min(sequence), max(sequence)"
        " FROM ledgerentry GROUP BY stream"
    )
    wrong = [
        f"{stream} {numbers}"
        for stream, *numbers in rows
        if numbers != [numbers[0], numbers[0], 1, numbers[0]]
    ]
    return Invariant("台账序号连续无缺", f"{sum(row[1] for row in rows)}条记录", tuple(wrong))


def _the_chain_of_the_ledger_holds(place: Workplace) -> Invariant:
    try:
        found = verify_ledger(place)
    except TamperError as error:
        return Invariant("台账前后相接、与封存一致", "", (str(error),))
    return Invariant("台账前后相接、与封存一致", f"{found.entries}条记录，{found.seals}次封存")


def _the_facts_agree_with_the_ledger(place: Workplace) -> Invariant:
    try:
        matters = comparison.check_facts(place)
    except TamperError as error:
        return Invariant("事实与台账所记一致", "", (str(error),))
    return Invariant("事实与台账所记一致", f"{matters}件")


def _the_ledger_tells_everything_once(ask: Ask) -> Invariant:
    told = dict(ask("SELECT kind, count(*) FROM ledgerentry WHERE stream LIKE 'L%' GROUP BY kind"))
    counts = {
        "registered": "SELECT count(*) FROM matter WHERE kind = 'lead'",
        # Noted with the lead and with the request.
        "handed_back": "SELECT 2 * count(*) FROM matter WHERE kind = 'hand_back'",
        "closed": f"SELECT count(*) FROM matter WHERE outcome NOT IN ({_CALLED_OFF})",
        "called_off": f"SELECT count(*) FROM matter WHERE outcome IN ({_CALLED_OFF})",
        "merged": "SELECT count(*) FROM lead WHERE merged_into_id IS NOT NULL",
        "assigned": "SELECT count(*) FROM assignment",
        "answered": "SELECT count(*) FROM answer WHERE channel <> 'rule' AND decision <> 'redirected'",
        "redirected": "SELECT count(*) FROM answer WHERE decision = 'redirected'",
        "deemed_received": "SELECT count(*) FROM answer WHERE channel = 'rule'",
    }
    facts = {kind: ask(query)[0][0] for kind, query in counts.items()}
    wrong = [f"{kind} 台账{told.get(kind, 0)} 事实{n}" for kind, n in facts.items() if told.get(kind, 0) != n]
    return Invariant("台账与事实条数一致", f"{sum(facts.values())}项", tuple(wrong))


def _every_message_is_enqueued_once(ask: Ask) -> Invariant:
    wanted, found = Counter(expected_messages(ask)), found_messages(ask)
    wrong = [f"缺 {key}" for key in (wanted - found)] + [f"多 {key}" for key in (found - wanted)]
    return Invariant("每条消息恰好入发件箱一次", f"{found.total()}条，应有{wanted.total()}条", tuple(wrong))


def _every_document_is_numbered_once(ask: Ask) -> Invariant:
    """One for each event that has one, numbered without gaps."""
    numbers: dict[str, list[int]] = {}
    for kind, sequence in ask("SELECT kind, sequence FROM document ORDER BY kind, sequence"):
        numbers.setdefault(kind, []).append(sequence)
    wrong = [f"{kind} {found}" for kind, found in numbers.items() if found != list(range(1, len(found) + 1))]
    events = {
        "transfer_letter": "SELECT count(*) FROM assignment WHERE step = 'receipt'",
        "rectification_notice": "SELECT count(*) FROM assignment WHERE step = 'rectify' AND NOT returned",
        "closing_report": "SELECT count(*) FROM matter"
        f" WHERE kind = 'lead' AND outcome NOT IN ({_CALLED_OFF})",
        "call_off_report": "SELECT count(*) FROM matter WHERE outcome = 'withdrawn'",
    }
    for kind, counted in events.items():
        ((expected,),) = ask(counted)
        if len(numbers.get(kind, [])) != expected:
            wrong.append(f"{kind} {len(numbers.get(kind, []))}件，应为{expected}件")
    return Invariant("每件公文编号一次，文号不断不重", f"{sum(map(len, numbers.values()))}件", tuple(wrong))


def _what_was_refused_left_nothing(ask: Ask) -> Invariant:
    answers = [person for (person,) in ask("SELECT person FROM answer WHERE person LIKE '误填%'")]
    files = [name for (name,) in ask("SELECT name FROM evidence WHERE name LIKE '退件材料%'")]
    # A wrong form that a command overtook is late before it is wrong, and a late answer is noted.
    noted = "SELECT actor FROM ledgerentry WHERE actor LIKE '%误填%' AND summary NOT LIKE '%已有反馈%'"
    notes = [actor for (actor,) in ask(noted)]
    return Invariant("不合格的反馈什么也没有写入", "反馈、材料、台账", (*answers, *files, *notes))


def _every_conflict_is_noted_once(ask: Ask, attempts: list[Attempt]) -> Invariant:
    notes = Counter(
        actor.rpartition(" ")[2] for (actor,) in ask("SELECT actor FROM ledgerentry WHERE kind = 'refused'")
    )
    stored = {person for (person,) in ask("SELECT person FROM answer")}
    told = [attempt.person for attempt in attempts if attempt.code == CONFLICT]
    wrong = [f"{person} 未记入台账" for person in told if not notes[person]]
    wrong += [f"{person} 记入台账{count}次" for person, count in notes.items() if count > 1]
    wrong += [f"{person} 既被采纳又被拒绝" for person in notes if person in stored]
    wrong += [
        f"{attempt.person} 已答复“已登记”，却未存"
        for attempt in attempts
        if attempt.code == 0 and attempt.person not in stored
    ]
    return Invariant(
        "迟到的反馈只在台账留一条记录", f"{notes.total()}条，命令得知{len(told)}条", tuple(wrong)
    )


def _every_change_came_once(ask: Ask, plans: list[LeadPlan], journal: Journal) -> Invariant:
    wrong = (*wrong_changes(ask, plans), *wrong_ends(ask, plans), *broken_promises(ask, journal))
    changed = sum(plan.change is not None for plan in plans)
    return Invariant(
        "退办、改派、更正、终止、并入各生效一次", f"{changed}条线索，{len(journal.promises)}次命令", wrong
    )


def _every_lead_has_one_letter(ask: Ask) -> Invariant:
    ((count,),) = ask("SELECT count(*) FROM document WHERE kind = 'transfer_letter'")
    return Invariant("改派的旧函撤回一次，新函有效", f"{count}件移交函", tuple(wrong_letters(ask)))
