"""Keeping the forms that were stored before their run was suspended.

From 3.9 on, Prefect deletes what is stored under the names of a form in the moment a run is suspended with
it: after Retry, a repeated key shall not meet the answer of the attempt before. Our forms are stored first,
so that no kill leaves a run that waits without one (ADR-0009), and have to stay.
"""

from typing import Any

from prefect.server.database.orm_models import FlowRun, FlowRunInput
from prefect.server.orchestration.core_policy import CoreFlowPolicy, HandlePausingFlows
from prefect.server.orchestration.policies import FlowRunOrchestrationPolicy
from prefect.server.orchestration.rules import OrchestrationContext
from prefect.server.schemas.core import FlowRunPolicy
from prefect.server.schemas.states import State
from sqlalchemy import select

from tasks.conduct.waits import KEPT

_Context = OrchestrationContext[FlowRun, FlowRunPolicy]


class KeepForm(HandlePausingFlows):
    """Prefect's rule on runs that are to be suspended, but a form that nobody has filled in stays."""

    async def before_transition(
        self, initial_state: State | None, proposed_state: State | None, context: _Context
    ) -> None:
        """Judge as Prefect does, and tell the worker where it need not store the form once more."""
        names = proposed_state.state_details.run_input_keyset if proposed_state is not None else None
        self._keeps = names is not None and not await _is_answered(names, context)
        if names is not None and self._keeps:
            names[KEPT] = KEPT
        await super().before_transition(initial_state, proposed_state, context)

    async def after_transition(
        self, initial_state: State | None, validated_state: State | None, context: _Context
    ) -> None:
        """Note that the key was used, as Prefect does; without the state it finds nothing to delete."""
        await super().after_transition(initial_state, None if self._keeps else validated_state, context)


async def _is_answered(names: dict[str, str], context: _Context) -> bool:
    """Tell whether an answer lies under these names, which an earlier attempt must have got."""
    answer = select(FlowRunInput.key).where(
        FlowRunInput.flow_run_id == context.run.id, FlowRunInput.key == names["response"]
    )
    return await context.session.scalar(answer) is not None


class KeepingForms(FlowRunOrchestrationPolicy):
    """Prefect's rules on the states of runs, with ours in the place of the one that deletes."""

    @staticmethod
    def priority() -> list[Any]:
        """Return the rules, the first one first."""
        return [KeepForm if rule is HandlePausingFlows else rule for rule in CoreFlowPolicy.priority()]
