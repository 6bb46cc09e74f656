"""The classes by which files are kept. Source: 通知§13(三)."""

import unicodedata
from typing import Self

from models.errors import RuleViolation
from models.labels import Labelled


class Category(Labelled):
    """The four official categories of breaches. Source: 发改体改〔2021〕1670号."""

    UNLAWFUL_APPROVAL = "unlawful_approval", "政府违规审批"
    UNLAWFUL_ENTRY = "unlawful_entry", "企业违规进入"
    HIDDEN_BARRIER = "hidden_barrier", "违规设置隐性壁垒"
    OTHER = "other", "其他"


class Barrier(Labelled):
    """The sorts of barriers named by the clean-up of 2025. Source: 通知§13(三); 发改体改〔2021〕1670号."""

    DEVOLVED_APPROVAL = "01", "国家已放开但地方仍在审批"
    LOW_BASIS = "02", "审批依据层级不足"
    INDUSTRY = "03", "行业壁垒、规则不一"
    UNSUPERVISED = "04", "不敢管不会管而不批"
    WIDENED = "05", "扩大范围、增设或变更条件"
    REGIONAL = "06", "权限下放形成地区壁垒"
    OUTSIDERS = "07", "限制外地企业"
    FOREIGN = "08", "违规限制外资"
    NEW_FORMS = "09", "对新业态不作为"
    CIRCULAR_CONDITIONS = "10", "互为前置条件"
    UNCLEAR_COMMITMENT = "11", "告知承诺不明确"
    EXCESSIVE = "12", "标准过高、流程过长"
    DELAYED = "13", "拖延办理或批后不办手续"
    REPEATED = "14", "与已通报案例同类"
    OTHER = "15", "其他"

    @property
    def numbered(self) -> str:
        """The label after its code, as drop-downs show it."""
        return f"{self.value} {self.label}"

    @classmethod
    def parse(cls, text: str, what: str) -> Self:
        """Read a sort of barrier by its code, its label or both, as 05, 5 or “05 扩大范围、增设或变更条件”.

        Raises:
            RuleViolation: There is no such sort; ``what`` names the field in the sentence.
        """
        wanted = unicodedata.normalize("NFKC", text).strip()
        for member in cls:
            # A spreadsheet makes the number 5 of the text 05.
            if wanted in {member.numbered, member.label} or wanted.zfill(2) == member.value:
                return member
        raise RuleViolation(f"{what}“{text.strip()}”不在可选范围内，可填 01 至 {len(cls)} 或其名称。")


class Importance(Labelled):
    """How much a matter counts for the archive. Source: 通知§13(三)."""

    ORDINARY = "ordinary", "一般"
    MAJOR = "major", "重要"


class Retention(Labelled):
    """How long a file is kept. Source: 机关文件材料归档范围和文书档案保管期限规定."""

    PERMANENT = "permanent", "永久"
    THIRTY_YEARS = "thirty_years", "30年"
    TEN_YEARS = "ten_years", "10年"
