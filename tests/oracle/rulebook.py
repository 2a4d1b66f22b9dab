"""The rulebook file: parameters, laws, references and texts."""
import hashlib
import pathlib

import days
import yamlish


class Rulebook:
    def __init__(self, path):
        data = pathlib.Path(path).read_bytes()
        book = yamlish.load(data.decode("utf-8"))
        self.sha256 = hashlib.sha256(data).digest()
        self.name, self.version, self.serves = book["name"], book["version"], book["serves"]
        self.complaint = book["complaint_da"]
        self.parameters = {}
        for entry in book["parameters"]:
            numbers = {key: int(value) for key, value in entry.items() if key != "municipality"}
            self.parameters[entry["municipality"]] = numbers | {"renewal_gap_days": int(book["renewal_gap_days"])}
        self.laws = [{
            "from": days.parse(law["from"]),
            "authority": law["authority_da"],
            "education_right": law["education_right"] == "true",
            "closed_groups": {int(one["group"]): days.parse(one["from"]) for one in law["closed_groups"]},
            "refs": {one["rule"]: one["ref"] for one in law["refs"]},
        } for law in book["laws"]]
        self.texts = {one["rule"]: (one["da"], one["en"]) for one in book["texts"]}

    def law_on(self, day):
        """(the law in force, the later ones); the first is None before any law."""
        in_force = [law for law in self.laws if law["from"] <= day]
        return in_force[-1] if in_force else None, self.laws[len(in_force):]

    def parameters_of(self, code):
        return self.parameters.get(code, self.parameters["default"])
