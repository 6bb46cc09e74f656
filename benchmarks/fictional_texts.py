"""Fictional facts of leads in varied Chinese: words of the trade as frequent as in life, and rare names."""

from random import Random

# From the most to the least frequent: the n-th comes up with a weight of 1/n.
_WORDS = (  # noqa: SIM905 - a hundred words are read more easily than a hundred pairs of quotes
    "企业 要求 招标 审批 条件 市场 准入 清单 办理 材料 部门 许可 文件 规定 申请 证明 经营 设立 项目 登记 "
    "保证金 资质 本地 投标 备案 工程 窗口 服务 业务 人员 行政 单位 限制 设置 标准 期限 收取 增设 流程 前置 "
    "子公司 外地 缴纳 社保 评分 采购 建设 住房 城乡 运输 医疗 机构 养老 教育 培训 燃气 供水 物业 广告 餐饮 "
    "网约车 道路 货运 驾校 烟草 药品 零售 旅馆 消防 验收 环评 规划 用地 矿产 砂石 港口 电力 通信 快递 人力 "
    "资源 劳务 派遣 会计 代理 拍卖 典当 融资 担保 小额 贷款 检测 认证 种子 农药 饲料 屠宰 动物 诊疗 水利 "
    "林木 采伐 文物 演出 娱乐 网吧 出版 印刷 测绘 保安 爆破 特种 设备 锅炉 电梯 危险 化学品 仓储 租赁 停车 "
    "市场准入负面清单 隐性壁垒 公平竞争审查 告知承诺 特许经营"
).split()
# What a text is about, so that a frequent word does not stand in every one of them.
_TOPICS = 12
_WEIGHTS = [1 / rank for rank in range(1, len(_WORDS) + 1)]
_JOINTS = ("，", "，", "、", "的", "并", "后", "。", "；", "须", "未", "对", "在")
_TITLES = ("{}{}要求{}", "{}在{}时增设{}", "{}办理{}须先提交{}", "{}以{}为由限制{}")
_FIRST_CHARACTER, _CHARACTERS = 0x4E00, 0x5000


def write_title(random: Random) -> str:
    """Return a title of about a dozen characters."""
    one, two, three = random.choices(_WORDS, _WEIGHTS, k=3)
    return random.choice(_TITLES).format(f"{_name(random)}局", one + two, three)


def write_facts(random: Random) -> str:
    """Return facts of 150 to 400 characters, a few names among them that hardly any other lead has."""
    length = random.randint(150, 390)
    pieces = [_name(random), "公司反映："]
    words = random.choices(random.choices(_WORDS, _WEIGHTS, k=_TOPICS), k=length // 2)
    used = sum(map(len, pieces))
    for count, word in enumerate(words):
        pieces += [word, _name(random) if count % 9 == 8 else random.choice(_JOINTS)]
        used += len(pieces[-1]) + len(word)
        if used >= length:
            break
    return "".join(pieces)


def _name(random: Random) -> str:
    """Return two characters that hardly ever stand together."""
    return "".join(chr(_FIRST_CHARACTER + random.randrange(_CHARACTERS)) for _ in range(2))
