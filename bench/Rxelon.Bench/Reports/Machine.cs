using System.Runtime.InteropServices;

namespace Rxelon.Bench.Reports;

/// <summary>Where the figures were measured.</summary>
internal sealed record Machine(string Cpu, int Cores, long MemoryMiB, string System, string Runtime, string Configuration)
{
    internal static Machine Here() => new(
        Model(),
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20,
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
#if DEBUG
        "Debug");
#else
        "Release");
#endif

    public override string ToString() => $"{Cpu}, {Cores} cores, {MemoryMiB} MiB, {System}, {Runtime}, {Configuration}";

    /// <summary>The model name of Linux's <c>/proc/cpuinfo</c>; elsewhere the architecture.</summary>
    private static string Model()
    {
        const string file = "/proc/cpuinfo";
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':') + 1)..].Trim();
    }
}
