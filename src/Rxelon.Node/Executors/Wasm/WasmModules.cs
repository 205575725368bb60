using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads.Program;
using Wasmtime;

namespace Rxelon.Node.Executors.Wasm;

/// <summary>
/// Compiled modules by the SHA-256 of their bytes, in memory only: compiled code is derived from a user's plaintext. The least
/// recently used one goes when there are too many; a program that still runs keeps its own.
/// </summary>
internal sealed class WasmModules(Engine engine, Linker offered)
{
    private const int MostModules = 64;
    private const int LargestModule = 64 << 20;

    private readonly ConcurrentDictionary<BlobId, Entry> _compiled = [];
    private readonly ConditionalWeakTable<ProgramBundle, StrongBox<BlobId>> _digests = [];
    private long _uses;

    /// <summary>The module, or a bad-program fault that says what is wrong with it. Compiled once however many ask.</summary>
    internal Outcome<Module> Get(ProgramBundle program)
    {
        if (program.Module.IsEmpty)
            return BadProgram("The program holds no WebAssembly module.");
        if (program.Module.Length > LargestModule)
            return BadProgram($"The module is larger than {LargestModule >> 20} MiB.");
        var digest = _digests.GetValue(program, p => new StrongBox<BlobId>(BlobId.Of(p.Module.Span))).Value;
        var entry = _compiled.GetOrAdd(digest, _ => new Entry(new Lazy<Outcome<Module>>(() => Compile(program))));
        entry.LastUse = Interlocked.Increment(ref _uses);
        if (_compiled.Count > MostModules)
            _compiled.TryRemove(_compiled.MinBy(e => e.Value.LastUse).Key, out _);
        return entry.Module.Value;
    }

    private Outcome<Module> Compile(ProgramBundle program)
    {
        Module module;
        try
        {
            module = Module.FromBytes(engine, "program", program.Module.Span);
        }
        catch (WasmtimeException e)
        {
            return BadProgram($"The module is not valid WebAssembly: {FirstLine(e.Message)}");
        }

        using var store = new Store(engine);
        var missing = module.Imports
            .Where(i => !IsOffered(store, i))
            .Select(i => $"{i.ModuleName}.{i.Name}").Distinct(StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
            return BadProgram($"The module imports what this sandbox does not offer: {string.Join(", ", missing.Take(8))}.");
        return module.Exports.Any(e => e is FunctionExport { Name: "_start" })
            ? module
            : BadProgram("The module exports no _start function: it is not a WASI command.");
    }

    private bool IsOffered(Store store, Import import)
        => import is FunctionImport && offered.GetFunction(store, import.ModuleName, import.Name) is not null;

    private static string FirstLine(string text) => string.Join(": ", text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(3));

    private static Fault BadProgram(string message) => new(FaultCodes.BadProgram, message, Culprit.Program);

    private sealed class Entry(Lazy<Outcome<Module>> module)
    {
        internal Lazy<Outcome<Module>> Module { get; } = module;

        internal long LastUse { get; set; }
    }
}
