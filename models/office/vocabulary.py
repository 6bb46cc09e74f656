"""The vocabulary of the unit directory."""

from models.labels import Labelled


class Role(Labelled):
    """What a unit may be asked for."""

    BUREAU = "bureau", "发展改革部门"
    AUTHORITY = "authority", "主管单位"
    RESPONSIBLE = "responsible", "责任单位"
    APPROVER = "approver", "延期审批单位"
    GOVERNMENT = "government", "市政府"
