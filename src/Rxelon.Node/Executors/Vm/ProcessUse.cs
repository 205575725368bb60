using System.Globalization;

namespace Rxelon.Node.Executors.Vm;

/// <summary>
/// A process's CPU time and most memory from the kernel's files (formats: proc(5), stat and status). The last sample before
/// its end counts. One writer; readers any time.
/// </summary>
internal sealed class ProcessUse(int pid)
{
    /// <summary>The number of the first field that <see cref="Fields"/> gives, counted as proc(5) does.</summary>
    internal const int FirstField = 3;

    private const int UserTicks = 14;
    private const int SystemTicks = 15;

    /// <summary>Ticks in a second: fixed in the kernel's user API.</summary>
    private const int Hertz = 100;

    private long _cpuMillis;
    private long _peakMemory;

    internal long CpuMillis => Volatile.Read(ref _cpuMillis);

    internal long PeakMemory => Volatile.Read(ref _peakMemory);

    /// <summary>Keeps what was known when the process is gone.</summary>
    internal void Sample()
    {
        if (Fields(pid) is not { } fields)
            return;
        var ticks = Number(fields[UserTicks - FirstField]) + Number(fields[SystemTicks - FirstField]);
        Volatile.Write(ref _cpuMillis, Math.Max(_cpuMillis, ticks * 1000 / Hertz));
        Volatile.Write(ref _peakMemory, Math.Max(_peakMemory, HighWater() ?? 0));
    }

    /// <summary>The fields of <c>/proc/PID/stat</c> behind the name, which may hold anything; null when there is no such process.</summary>
    internal static string[]? Fields(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private long? HighWater()
    {
        try
        {
            var line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? null : Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].TrimStart("VmHWM:\t".ToCharArray())) * 1024;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
