"""Business hours: when people may be told something, and when a day ends."""

from datetime import datetime, time
from functools import cached_property
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from models.days.calendar import WorkCalendar


class Frozen(BaseModel):
    """A part of the policy: immutable, and refusing keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BusinessHours(Frozen):
    """When the office is open, in its own time zone. Source: 民法典 art. 203."""

    time_zone: str
    opens: time
    closes: time
    source: str

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("未知的时区") from error
        return name

    @field_validator("opens", "closes", mode="before")
    @classmethod
    def _wall_clock(cls, value: object) -> object:
        return wall_clock(value)

    @model_validator(mode="after")
    def _opens_before_closing(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("开始办公的时间应早于结束办公的时间")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        """The office's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def ending(self) -> str:
        """How a due day ends, in words, as 18:00 届满 with the source of that."""
        return f"{self.closes:%H:%M} 届满（{self.source}）"

    def local(self, moment: datetime) -> datetime:
        """Return a moment (aware) in the office's time zone."""
        return moment.astimezone(self.zone)

    def label_of(self, moment: datetime) -> str:
        """Return a moment (aware) as people read it, as 2026-11-27 15:30."""
        return f"{self.local(moment):%Y-%m-%d %H:%M}"

    def is_open(self, moment: datetime, calendar: WorkCalendar) -> bool:
        """Tell whether people may be told something now: business hours of a working day."""
        here = self.local(moment)
        return self.opens <= here.time() < self.closes and calendar.works(here.date())

    def next_opening(self, moment: datetime, calendar: WorkCalendar) -> datetime:
        """Return a moment if the office is open then, else the next moment at which it opens."""
        if self.is_open(moment, calendar):
            return moment
        here = self.local(moment)
        day = here.date()
        if here.time() >= self.opens or not calendar.works(day):
            day = calendar.shift(day, 1)
        return datetime.combine(day, self.opens, tzinfo=self.zone)


def wall_clock(value: object) -> time:
    """Return a local time of day as TOML gives it.

    Raises:
        ValueError: It is no time, or has a time zone.
    """
    if isinstance(value, time) and value.tzinfo is None:
        return value
    raise ValueError("应写成 09:00:00 这样的当地时间")
