"""核验台账证明：python check_proof.py 证明.json（只用 Python 自带的库，可对照逐行手工核算）。

一、逐条核对：第 n 条的 previous 等于第 n-1 条文本（UTF-8）的 SHA-256，第一条的为 64 个 0。
二、叶：SHA-256(00 ‖ {"hash":…,"sequence":…,"stream":…})，hash 为末条文本的 SHA-256。
三、沿 path 逐层向上：SHA-256(01 ‖ 左 ‖ 右)，最后得到的应等于封存文本中的 root。
四、封存文本的 SHA-256 应与另行保存的同号封存摘要一致。
"""

import hashlib
import json
import sys
from pathlib import Path

proof = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
previous = "0" * 64
for number, text in enumerate(proof["entries"], start=1):
    entry = json.loads(text)
    if (entry["stream"], entry["sequence"], entry["previous"]) != (proof["stream"], number, previous):
        sys.exit(f"第{number}条与前一条接不上：记录被改动、插入、删除或调换。")
    previous = hashlib.sha256(text.encode()).hexdigest()

head = {"hash": previous, "sequence": len(proof["entries"]), "stream": proof["stream"]}
text = json.dumps(head, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
node = hashlib.sha256(b"\x00" + text.encode()).digest()
for beside in proof["path"]:
    other = bytes.fromhex(beside["hash"])
    pair = other + node if beside["on_left"] else node + other
    node = hashlib.sha256(b"\x01" + pair).digest()

seal = json.loads(proof["seal"])
if node.hex() != seal["root"]:
    sys.exit(f"末条与封存第{seal['number']}号不符：记录被改动或截短，或封存被改动。")
print(f"{proof['stream']}：{len(proof['entries'])}条记录前后相接，由封存第{seal['number']}号证明。")
print(f"请与另行保存的封存摘要比对：{hashlib.sha256(proof['seal'].encode()).hexdigest()}")
