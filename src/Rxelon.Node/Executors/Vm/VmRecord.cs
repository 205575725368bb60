using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Rxelon.Node.Executors.Vm;

/// <summary>
/// Which process runs a machine, so that the next node process finds what a killed one left. A process id alone may belong to
/// somebody else by then: <see cref="IsAlive"/> compares everything.
/// </summary>
/// <param name="Pid">The process.</param>
/// <param name="StartTicks">When it started, as <c>/proc/PID/stat</c> has it.</param>
/// <param name="Boot">Which start of this computer that counts from.</param>
/// <param name="Marker">A random word that stands in its arguments.</param>
internal sealed record VmRecord(int Pid, long StartTicks, string Boot, string Marker)
{
    private const int StartTicksField = 22;

    /// <summary>The record of a process of ours that was just started; null when it has ended already.</summary>
    internal static VmRecord? Of(int pid, string marker)
        => Ticks(pid) is { } ticks ? new VmRecord(pid, ticks, BootId(), marker) : null;

    /// <summary>Null when there is no such file or it was cut short by the end of its writer.</summary>
    internal static VmRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), VmJson.Default.VmRecord);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    internal void Write(string path) => File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(this, VmJson.Default.VmRecord));

    /// <summary>True when exactly that process still runs.</summary>
    internal bool IsAlive()
        => Boot == BootId() && Ticks(Pid) == StartTicks && ReadOrNull($"/proc/{Pid}/cmdline") is { } line
            && Encoding.UTF8.GetString(line).Split('\0').Contains(Marker);

    private static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    private static long? Ticks(int pid) => ProcessUse.Fields(pid) is { } fields
        ? long.Parse(fields[StartTicksField - ProcessUse.FirstField], NumberStyles.None, CultureInfo.InvariantCulture) : null;

    private static byte[]? ReadOrNull(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return null;
        }
    }
}
