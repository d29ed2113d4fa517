"""What a result depends on: one hash of a function with the code and the values that it reaches."""

import functools
import hashlib
import importlib
import inspect
import random
import sys
import types
from collections.abc import Iterator, Mapping

import jax
import numpy as np

from . import code as codes

# what Python 3.12 has elsewhere, and 3.13 adds to the methods that it writes for a class: the hash is that of 3.11
MOVED = {("collections", "_tuplegetter"): "_collections"}
ADDED = ("__replace__", "fillvalue")
NOISE = {
    "__module__", "__doc__", "__dict__", "__weakref__", "__qualname__", "__annotations__", "__firstlineno__",
    "__static_attributes__", "__abstractmethods__", "_abc_impl", "__parameters__", "__orig_bases__", "__annotate__",
    "__annotate_func__", "__annotations_cache__", "__dataclass_params__", "__dataclass_fields__", "__match_args__",
    "__slotnames__",  # left on a class by the first copy or pickle of an instance
}  # fmt: skip
ATOMS = (type(None), bool, int, str, bytes, complex, type(Ellipsis), type(NotImplemented))
RANDOM = (np.random.Generator, np.random.BitGenerator, np.random.RandomState, random.Random)


class UnseenError(TypeError):
    """A function depends on something that no hash can see."""


def fingerprint(function, *, loaded=True) -> str:
    r"""Return a hash of everything that a function's result depends on, as far as Python can see it.

    Of a function: its code, defaults, closure and attributes, and every global name, module attribute and import
    that the code mentions, each followed in turn through functions, classes, instances and containers. Code in
    installed libraries counts by name and version.

    Parameters
    ----------
    function : callable
        A function, a lambda, an instance with ``__call__``, ``functools.partial``, ``jax.jit`` of one of these.
    loaded : bool
        True: the instructions that this process has loaded, and the versions of Python and of libraries; what a
        cache needs, and right also where a file was edited after its import. False: the syntax trees of the
        sources, without comments, docstrings and versions; the same on every Python, what a repository can store.

    Raises
    ------
    UnseenError
        Where something is reached that cannot be hashed: an open file, a generator, a random state that changes
        from call to call, ``eval``. The message names the path to it.

    Notes
    -----
    Not seen: files, environment variables, the clock, functions found by a computed name. Objects are taken apart
    as ``pickle`` would take them. `joblib.hash` hashes values alike, but takes functions by name; `cloudpickle`
    ships code with file names and line numbers, which change with every edit above.
    Time: a few milliseconds for a hundred functions; arrays are read once.

    Examples
    --------
    >>> from ntklib.sweeps import fingerprint
    >>> def scaled(factor):
    ...     return lambda seed, width: factor * width
    >>> fingerprint(scaled(2)) == fingerprint(scaled(2)), fingerprint(scaled(2)) == fingerprint(scaled(3))
    (True, False)
    """
    return _walked(function, loaded)[0]


def source_files(function) -> set[str]:
    """Return the files in which the functions lie that a function reaches, itself included, libraries apart."""
    return _walked(function, False)[1].files


def _walked(function, loaded):
    walk = _Walk(loaded)
    try:
        return walk(function, getattr(function, "__name__", type(function).__name__)), walk
    except RecursionError:
        raise UnseenError("it reaches objects nested too deeply to follow") from None


class _Walk:
    """One pass over a graph of objects; every object is hashed once, cycles by their distance."""

    def __init__(self, loaded):
        self.loaded = loaded
        self.done, self.alive, self.path, self.files = {}, [], [], set()

    def __call__(self, value, where) -> str:
        if isinstance(value, ATOMS) and type(value) in ATOMS:
            return _hash(type(value).__name__, repr(value))
        if type(value) is float:
            return _hash("float", value.hex())
        if id(value) in self.done:
            return self.done[id(value)]
        if id(value) in self.path:
            return _hash("cycle", str(len(self.path) - self.path.index(id(value))))
        self.path.append(id(value))
        self.alive.append(value)  # so that no other object gets this id meanwhile
        self.done[id(value)] = result = self.visit(value, where)
        self.path.pop()
        return result

    def all(self, kind, values, where) -> str:
        return _hash(kind, *[self(v, where) for v in values])

    def named(self, kind, values, where) -> str:
        return _hash(kind, *[_hash(str(k), self(v, f"{where}.{k}")) for k, v in sorted(values.items())])

    def visit(self, value, where) -> str:
        if isinstance(value, (Iterator, *RANDOM)):
            raise UnseenError(f"{where} is a {type(value).__name__}, which changes from cell to cell")
        if isinstance(value, types.ModuleType):
            return self.module(value, None, where)
        name = _library_name(value)
        if name:
            return self.library(*name)
        for kinds, method in self.METHODS:
            if isinstance(value, kinds):
                return method(self, value, where)
        if hasattr(value, "__wrapped__") and callable(value):
            return self.wrapper(value, where)
        return self.reduced(value, where)

    def library(self, module, name) -> str:
        return _hash("library", module, name, _version(module) if self.loaded else "")

    def sequence(self, value, where):
        if type(value) in (list, tuple):
            return self.all(type(value).__name__, value, where)
        return self.reduced(value, where)

    def mapping(self, value, where):
        if type(value) not in (dict, types.MappingProxyType):
            return self.reduced(value, where)
        return _hash("dict", *[self(k, where) + self(v, f"{where}[{k!r:.40}]") for k, v in value.items()])

    def unordered(self, value, where):
        return _hash(type(value).__name__, *sorted(self(v, where) for v in value))

    def array(self, value, where):
        if isinstance(value, jax.Array) and jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
            return _hash("key", str(value.dtype), self.array(jax.random.key_data(value), where))
        if isinstance(value, np.ndarray) and type(value) is not np.ndarray:
            return self.reduced(value, where)
        try:
            array = np.asarray(value)
        except jax.errors.TracerArrayConversionError:
            raise UnseenError(f"{where} is traced and has no value yet") from None
        if array.dtype.hasobject:
            return _hash("objects", str(array.shape), self(array.tolist(), where))
        kind = "jax" if isinstance(value, jax.Array) else type(value).__name__
        return _hash(kind, str(array.dtype), str(array.shape), hashlib.sha256(array.tobytes()).hexdigest())

    def code(self, value, where):
        return self.all("code", codes.instructions(value), where)

    def method(self, value, where):
        return _hash("method", self(value.__func__, where), self(value.__self__, f"{where}.__self__"))

    def accessor(self, value, where):
        names = ("__func__", "fget", "fset", "fdel", "func")
        return self.all(type(value).__name__, [getattr(value, n, None) for n in names], where)

    def slot(self, value, where):
        return _hash("slot", value.__name__)

    def wrapper(self, value, where):
        """Handle what jax.jit, jax.custom_jvp, functools.lru_cache return: the function inside, public attributes."""
        inside = {k: v for k, v in getattr(value, "__dict__", {}).items() if not k.startswith("_")}
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        return _hash("wrapper", kind, self(value.__wrapped__, where), self.named("attributes", inside, where))

    def function(self, value, where):
        if codes.library_function(value):
            parts = [self.library(value.__module__, value.__qualname__)]
        else:
            parts = [self.text(value, where), self(value.__kwdefaults__, where), self(value.__defaults__, where)]
            parts += [self.globals(value, where), self(vars(value), where)]
        cells = zip(value.__code__.co_freevars, value.__closure__ or ())
        for name, cell in cells:
            if name in ADDED and codes.library_function(value):
                continue
            try:
                parts.append(_hash(name, self(cell.cell_contents, f"{where}.{name}")))
            except ValueError:  # not bound yet
                parts.append(_hash(name))
        return _hash("function", *parts)

    def text(self, value, where):
        if self.loaded:
            return self(value.__code__, where)
        if value.__code__.co_filename == "<string>":  # written by dataclass from fields, which are hashed
            return _hash("generated", value.__name__)
        try:
            digest = _hash(repr(codes.source(value)))
            self.files.add(value.__code__.co_filename)
            return digest
        except OSError:
            raise UnseenError(f"{where} has no source") from None

    def globals(self, value, where):
        refer, found = codes.references(value), {}
        for name in sorted(refer.names):  # an order, for cycles are hashed by the way that leads into them
            if name in value.__globals__:
                found[name] = self.global_value(value.__globals__[name], name, refer, f"{where} > {name}")
            elif name in codes.UNSEEN:
                raise UnseenError(f"{where} calls {name}, and what is reached through it cannot be listed")
        for name in sorted(refer.imports):
            module = sys.modules.get(name) or importlib.import_module(name)
            found["import " + name] = self.module(module, refer.attributes, f"{where} > {name}")
        return _hash("globals", *[_hash(name, digest) for name, digest in sorted(found.items())])

    def global_value(self, value, name, refer, where):
        if isinstance(value, types.ModuleType):
            return self.module(value, None if name in refer.whole else refer.attributes, where)
        return self(value, where)

    def module(self, module, attributes, where):
        """Hash a library by version, one's own module by the attributes in question, or as a whole."""
        if codes.library_module(module.__name__):
            return self.library(module.__name__, "")
        if attributes is None:
            try:
                return _hash("module", repr(codes.module_source(module)))
            except (OSError, TypeError):
                raise UnseenError(f"{where} is a module without source") from None
        found = {}
        for name in sorted(attributes & set(dir(module))):
            if name.startswith("__"):
                continue
            value, deeper = getattr(module, name), f"{where}.{name}"
            if isinstance(value, types.ModuleType):
                found[name] = self.module(value, attributes - {name}, deeper)
            else:
                found[name] = self(value, deeper)
        return _hash("attributes", *[_hash(k, v) for k, v in found.items()])

    def cls(self, value, where):
        parts = []
        for base in value.__mro__:
            name = _library_name(base)
            parts.append(self.library(*name) if name else self.members(base, f"{where}.{base.__name__}"))
        return _hash("class", *parts)

    def members(self, base, where):
        inside = {k: v for k, v in vars(base).items() if k not in NOISE and not _added(k, v)}
        fields = vars(base).get("__dataclass_fields__", {})
        fields = [_hash(k, self(f.default, where), self(f.default_factory, where)) for k, f in fields.items()]
        return _hash("members", *fields, self.named("inside", inside, where))

    def reduced(self, value, where):
        """Take an object apart as pickle would."""
        try:
            parts = value.__reduce_ex__(4)
        except Exception as error:
            raise UnseenError(f"{where} is a {type(value).__name__}, which cannot be taken apart: {error}") from None
        if isinstance(parts, str):
            return _hash("name", type(value).__module__, parts)
        make, arguments, state, items, pairs = (*parts, None, None, None)[:5]
        state = self.without_cached(value, state)
        rest = [list(items or ()), list(pairs or ())]
        return self.all("object", [make, arguments, state, *rest], where)

    @staticmethod
    def without_cached(value, state):
        """Leave out what functools.cached_property has stored: the first use would change the hash."""
        if not isinstance(state, dict):
            return state
        kind = type(value)
        lazy = {n for n in state if isinstance(inspect.getattr_static(kind, n, None), functools.cached_property)}
        return {name: content for name, content in state.items() if name not in lazy}

    METHODS = (
        (types.FunctionType, function),
        (type, cls),
        ((list, tuple), sequence),
        (Mapping, mapping),
        ((set, frozenset), unordered),
        ((np.ndarray, np.generic, jax.Array), array),
        (types.CodeType, code),
        (types.MethodType, method),
        ((staticmethod, classmethod, property, functools.cached_property), accessor),
        ((types.MemberDescriptorType, types.GetSetDescriptorType), slot),
    )


def _added(name, value) -> bool:
    """Return whether a member of a class is a method that a later Python has written for it."""
    written = isinstance(value, types.FunctionType) and codes.library_function(value)
    return name in ADDED and written


def _hash(*parts) -> str:
    text = "\0".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _library_name(value):
    """Return (module, name) of a function, class or instance that a library defines and offers under that name."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", getattr(value, "__name__", None))
    if isinstance(value, types.BuiltinFunctionType) and not isinstance(value.__self__, types.ModuleType | None):
        return None
    if isinstance(value, np.ufunc):
        module, name = "numpy", value.__name__
    if module is None and isinstance(value, types.BuiltinFunctionType):
        module = "builtins"
    if not (isinstance(module, str) and isinstance(name, str)) or not codes.library_module(module):
        return None
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    module = MOVED.get((module, name), module)
    return (module, name) if found is value or isinstance(value, np.ufunc) else None


@functools.cache
def _version(module) -> str:
    top = module.partition(".")[0]
    return str(getattr(sys.modules.get(top), "__version__", sys.version_info[:3]))


def settings() -> dict:
    """Return the switches of JAX that change numbers: precision and random bits."""
    names = ("jax_enable_x64", "jax_default_matmul_precision", "jax_default_prng_impl")
    return {name: getattr(jax.config, name) for name in names}
