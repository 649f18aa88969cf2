"""The house rules that a reader can rely on: who imports whom, and what no file does.

Each rule is a function of a folder and gives its violations as sentences. test_architecture.py runs them.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

Rule = Callable[[Path], list[str]]

# ---- the layers ----------------------------------------------------------------------------------

BASE = {"checks", "notation", "rng", "units"}
FAMILIES = BASE | {"gaussians", "divergences", "likelihoods"}
MODELS = FAMILIES | {"models"}
OBJECTIVES = MODELS | {"objectives"}
TRAINING = OBJECTIVES | {"data", "training"}
ESTIMATORS = MODELS | {"estimators"}
ALL = "anything"

# Part of vae_core -> the other parts that it may import. A new part needs a row here.
CORE: dict[str, set[str] | str] = {
    "notation": {"checks"},
    "units": {"checks", "notation"},
    "checks": set(),
    "rng": {"checks"},
    "data": {"checks", "rng"},
    "gaussians": {"units"},
    "divergences": BASE | {"gaussians"},
    "likelihoods": BASE,
    "models": FAMILIES,
    "objectives": MODELS,
    "estimators": MODELS,
    "diagnostics": TRAINING | ESTIMATORS,
    "latent": ESTIMATORS | {"diagnostics"},
    "onnx": MODELS,
    "training": TRAINING,
    "engine": TRAINING,
    "sweeps": TRAINING | ESTIMATORS | {"diagnostics", "engine"},
    "finite_world": TRAINING | ESTIMATORS | {"diagnostics"},
    "theorems": TRAINING | ESTIMATORS | {"diagnostics", "finite_world", "latent"},
    "lessons": TRAINING | ESTIMATORS | {"diagnostics", "finite_world"},
    "museum": TRAINING | ESTIMATORS | {"diagnostics", "finite_world", "theorems"},
    "bench": ALL,
    "commands": ALL,
    "__main__": ALL,
    "__init__": ALL,
}

ROOMS = {"state", "controls", "components", "figures"}
SCRIPTS = {"lab", "learn", "proof"}

# Part of pages -> the other parts of pages that it may import.
PAGES: dict[str, set[str]] = {
    "frame": ROOMS | {"exports"},
    **dict.fromkeys(SCRIPTS, ROOMS | {"exports"}),
    "controls": {"state", "components", "figures"},
    "components": {"figures"},
    "exports": {"figures"},
    "state": set(),
    "figures": set(),
    "__init__": set(),
}

MAX_LINES = 350
MAX_SCRIPT_LINES = 160


# ---- reading the tree ----------------------------------------------------------------------------


def sources(root: Path, *tops: str) -> Iterator[tuple[Path, ast.Module]]:
    """Every Python file under the named folders (or the named files) of root, with its syntax tree."""
    for top in tops:
        place = root / top
        files = [place] if place.is_file() else sorted(place.rglob("*.py"))
        for file in files:
            yield file, ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def name_of(root: Path, file: Path) -> str:
    """The dotted name that a file is imported by."""
    parts = list(file.relative_to(root).with_suffix("").parts)
    if parts[-1] == "__init__" and len(parts) > 2:
        parts.pop()
    return ".".join(parts)


def imports(root: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything that a file imports, wherever in the file it does so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                inner = root / (node.module or "").replace(".", "/") / alias.name
                is_module = not node.level and (inner.is_dir() or inner.with_suffix(".py").is_file())
                yield node.lineno, f"{module}.{alias.name}" if is_module else module


def say(root: Path, file: Path, line: int, sentence: str) -> str:
    """One violation."""
    return f"{file.relative_to(root)}:{line}: {sentence}"


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a call's function, or "" where it is no plain name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def begins(name: str, *tops: str) -> bool:
    """Whether a dotted name is one of tops or lies inside one."""
    return any(name == top or name.startswith(f"{top}.") for top in tops)


# ---- the rules: who imports whom -----------------------------------------------------------------


def core_without_interface(root: Path) -> list[str]:
    """vae_core works in a notebook: it knows nothing of the app."""
    return [
        say(root, file, line, f"vae_core imports {name}")
        for file, tree in sources(root, "vae_core")
        for line, name in imports(root, tree)
        if begins(name, "streamlit", "plotly", "pages", "app", "tests")
    ]


def core_in_layers(root: Path) -> list[str]:
    """Inside the core every import goes down, as CORE says."""
    found = []
    for file, tree in sources(root, "vae_core"):
        part = name_of(root, file).split(".")[1]
        if part not in CORE:
            found.append(say(root, file, 1, f"{part} has no row in CORE: say what it may import"))
            continue
        allowed = CORE[part]
        for line, name in imports(root, tree):
            if not begins(name, "vae_core") or allowed == ALL:
                continue
            other = [*name.split("."), "__init__"][1]
            if other != part and other not in allowed:
                found.append(say(root, file, line, f"{part} may not import {other}"))
    return found


def pages_in_layers(root: Path) -> list[str]:
    """app -> frame and page scripts -> rooms -> vae_core; page scripts never import each other."""
    found = []
    for file, tree in sources(root, "app.py", "pages"):
        own = name_of(root, file).split(".")
        part = own[1] if len(own) > 1 else "app"
        allowed = ROOMS | {"frame", "exports"} if part == "app" else PAGES.get(part, set())
        for line, name in imports(root, tree):
            if begins(name, "app"):
                found.append(say(root, file, line, "nothing imports app"))
            if not begins(name, "pages"):
                continue
            other = [*name.split("."), "__init__"][1]
            same_room = other == part and part not in SCRIPTS
            if not same_room and other not in allowed:
                found.append(say(root, file, line, f"{part} may not import pages.{other}"))
    return found


def figures_without_engines(root: Path) -> list[str]:
    """A figure takes records and gives a plotly Figure."""
    return [
        say(root, file, line, f"a figure imports {name}")
        for file, tree in sources(root, "pages/figures")
        for line, name in imports(root, tree)
        if begins(name, "streamlit", "torch")
    ]


def scripts_only_compose(root: Path) -> list[str]:
    """A page script puts controls and figures together: it computes nothing, and is short."""
    found = []
    for folder in sorted(SCRIPTS):
        for file, tree in sources(root, f"pages/{folder}"):
            for line, name in imports(root, tree):
                if begins(name, "torch", "numpy", "scipy", "sklearn", "math", "plotly", "pandas"):
                    found.append(say(root, file, line, f"a page script imports {name}"))
            lines = len(file.read_text(encoding="utf-8").splitlines())
            if lines > MAX_SCRIPT_LINES:
                found.append(say(root, file, lines, f"a page script of {lines} lines"))
    return found


def one_name_a_module(root: Path) -> list[str]:
    """Absolute imports from the root only: `controls.x` beside `pages.controls.x` would be two modules."""
    bare = ROOMS | SCRIPTS | {"frame", "exports"} | (set(CORE) - {"__init__", "__main__"})
    found = []
    for file, tree in sources(root, "app.py", "vae_core", "pages", "tests"):
        for line, name in imports(root, tree):
            if name.startswith(".") or name.split(".")[0] in bare:
                found.append(say(root, file, line, f"imports {name}: write the whole name"))
    return found


# ---- the rules: what lies where ------------------------------------------------------------------


def no_page_scripts_beside_the_frame(root: Path) -> list[str]:
    """Streamlit would take a script directly in pages/ for a page of its own."""
    allowed = {"__init__.py", "frame.py"}
    return [
        say(root, file, 1, "only frame.py lies directly in pages/")
        for file in sorted((root / "pages").glob("*.py"))
        if file.name not in allowed
    ]


def no_tests_called_app(root: Path) -> list[str]:
    """app.py is imported as the module `app`: a folder of that name would hide it."""
    return [
        say(root, place, 1, "nothing else is called app")
        for place in [root / "app", *sorted((root / "tests").rglob("app"))]
        if place.is_dir()
    ]


def named_for_a_concept(root: Path) -> list[str]:
    """A module's name says what is in it."""
    vague = re.compile(r"_?(utils?|common|helpers?|misc|shared|tools?|stuff)")
    return [
        say(root, file, 1, f"{part} names no concept")
        for file, _ in sources(root, "app.py", "vae_core", "pages", "tests")
        for part in file.relative_to(root).with_suffix("").parts
        if vague.fullmatch(part)
    ]


def files_of_one_concept(root: Path) -> list[str]:
    """A file is rarely over 300 lines."""
    found = []
    for file, _ in sources(root, "app.py", "vae_core", "pages", "tests"):
        lines = len(file.read_text(encoding="utf-8").splitlines())
        if lines > MAX_LINES:
            found.append(say(root, file, lines, f"{lines} lines: more than one concept?"))
    return found


# ---- the rules: what no file does ----------------------------------------------------------------

SHIPPED = ("app.py", "vae_core", "pages")


def no_pickle(root: Path) -> list[str]:
    """Opening a file never runs code."""
    found = []
    for file, tree in sources(root, *SHIPPED):
        for line, name in imports(root, tree):
            if begins(name, "pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"):
                found.append(say(root, file, line, f"imports {name}"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            pickled = any(
                word.arg == "allow_pickle" and getattr(word.value, "value", True) for word in node.keywords
            )
            name = dotted(node.func)
            if pickled or name in {"torch.load", "torch.save", "eval", "exec"}:
                found.append(say(root, file, node.lineno, f"calls {name}: a file or a text could run code"))
    return found


def no_broad_except(root: Path) -> list[str]:
    """What is caught is named, so that a mistake of ours is never swallowed."""
    found = []
    for file, tree in sources(root, *SHIPPED):
        for node in ast.walk(tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or dotted(kind) in {"Exception", "BaseException"} for kind in caught):
                found.append(say(root, file, node.lineno, "catches everything"))
    return found


def no_assert(root: Path) -> list[str]:
    """`python -O` drops asserts: what a person gave is refused by a SettingError."""
    return [
        say(root, file, node.lineno, "assert outside the tests")
        for file, tree in sources(root, *SHIPPED)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
    ]


def no_global_randomness(root: Path) -> list[str]:
    """Every draw comes from a generator that somebody made from a seed."""
    numpy_makers = {"Generator", "SeedSequence", "PCG64", "Philox", "default_rng"}
    torch_draws = {"rand", "randn", "randint", "randperm", "bernoulli", "normal", "multinomial", "poisson"}
    torch_draws |= {"rand_like", "randn_like", "randint_like"}
    in_place = {"normal_", "uniform_", "bernoulli_", "exponential_", "cauchy_", "random_", "log_normal_"}
    found = []
    for file, tree in sources(root, *SHIPPED):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = dotted(node.func)
            head, _, last = name.rpartition(".")
            given = any(word.arg == "generator" for word in node.keywords)
            if (
                name in {"torch.manual_seed", "torch.seed", "torch.random.manual_seed"}
                or (head in {"np.random", "numpy.random"} and (last not in numpy_makers or not node.args))
                or (head == "random" and (last not in {"Random", "SystemRandom"} or not node.args))
                or (head == "torch" and last in torch_draws and not given)
                or (last in in_place and not given)
            ):
                found.append(say(root, file, node.lineno, f"{name} draws from the global state"))
    return found
