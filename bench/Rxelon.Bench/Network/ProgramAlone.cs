using System.Diagnostics;
using System.Globalization;
using Wasmtime;

namespace Rxelon.Bench.Network;

/// <summary>
/// The simulation's parts straight in Wasmtime, without hub, node or sandbox: what two threads of this machine gain over one, which no network
/// on it can exceed.
/// </summary>
internal static class ProgramAlone
{
    private const int Parts = 4;

    /// <summary>One thread's time over two threads' time for the same parts.</summary>
    internal static double Gain(string path, int paths, int parts, string directory)
    {
        using var engine = new Engine();
        using var module = Module.FromFile(engine, path);
        Compute(engine, module, paths / 8, 0, parts, directory);
        var watch = Stopwatch.StartNew();
        for (var part = 0; part < Parts; part++)
            Compute(engine, module, paths, part, parts, directory);
        var one = watch.Elapsed;
        watch.Restart();
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(first => new Thread(() =>
        {
            for (var part = first; part < Parts; part += 2)
                Compute(engine, module, paths, part, parts, directory);
        }))];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return one / watch.Elapsed;
    }

    private static void Compute(Engine engine, Module module, int paths, int part, int parts, string directory)
    {
        var output = Path.Combine(directory, $"alone-{part}");
        using (var linker = new Linker(engine))
        using (var store = new Store(engine))
        {
            linker.DefineWasi();
            store.SetWasiConfiguration(new WasiConfiguration()
                .WithArgs("montecarlo", "part", Text(paths), "1", Text(part), Text(parts))
                .WithStandardOutput(output));
            linker.Instantiate(store, module).GetAction("_start")!();
        }

        if (new FileInfo(output).Length == 0)
            throw new InvalidDataException("The program wrote nothing.");
        File.Delete(output);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
