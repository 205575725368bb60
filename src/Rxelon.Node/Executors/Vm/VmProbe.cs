using System.Diagnostics;
using System.Runtime.Versioning;
using Rxelon.Node.Executors.Plain;

namespace Rxelon.Node.Executors.Vm;

/// <summary>What was found at the start.</summary>
/// <param name="Acceleration">Null when no machine runs here.</param>
/// <param name="Why">Why KVM is not used, or why nothing works; null when KVM works.</param>
internal sealed record VmChoice(Acceleration? Acceleration, string? Why);

/// <summary>
/// Boots a sector of a few instructions, first under KVM if it is there, then under TCG, each with a deadline: KVM that exists
/// and hangs in the firmware, or fails at its first call, is common inside other machines.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class VmProbe(string qemu, string directory, WorkerStart launcher, TimeSpan kvmPatience, TimeProvider time)
{
    /// <summary>Firmware under a KVM that works needs a tenth of this.</summary>
    internal static readonly TimeSpan KvmPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TcgPatience = TimeSpan.FromSeconds(30);

    /// <summary>Never throws for what QEMU does; every process it started has ended.</summary>
    internal async Task<VmChoice> ChooseAsync(bool hasKvm, CancellationToken cancel)
    {
        var noKvm = hasKvm ? await FailsAsync(Acceleration.Kvm, kvmPatience, cancel).ConfigureAwait(false) : "there is no /dev/kvm";
        if (noKvm is null)
            return new VmChoice(Acceleration.Kvm, null);
        var noTcg = await FailsAsync(Acceleration.Tcg, TcgPatience, cancel).ConfigureAwait(false);
        return noTcg is null
            ? new VmChoice(Acceleration.Tcg, $"KVM is not used: {noKvm}. Virtual machines are translated (TCG), which is ten to twenty times slower.")
            : new VmChoice(null, $"QEMU runs no machine: with KVM {noKvm}; without it {noTcg}.");
    }

    /// <summary>Null when the probe ended as it should.</summary>
    private async Task<string?> FailsAsync(Acceleration acceleration, TimeSpan patience, CancellationToken cancel)
    {
        var path = Path.Combine(directory, "probe");
        Directory.CreateDirectory(path);
        await File.WriteAllBytesAsync(Path.Combine(path, "sector"), ProbeSector.Build(), cancel).ConfigureAwait(false);
        File.SetUnixFileMode(Path.Combine(path, "sector"), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        uint? user = Posix.IsRoot ? QemuStart.FirstUser : null;
        if (user is { } id)
            Posix.GiveTo(path, id);
        try
        {
            List<string> arguments = [.. QemuArguments.Machine(acceleration, 1000, 64), .. ProbeSector.Arguments($"{QemuArguments.Folder}/sector")];
            var start = QemuStart.Build(qemu, path, null, user, acceleration, arguments);
            return await FailsAsync(await launcher(start).ConfigureAwait(false), patience, cancel).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private async Task<string?> FailsAsync(Process process, TimeSpan patience, CancellationToken cancel)
    {
        using (process)
        {
            using var deadline = new CancellationTokenSource(patience, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
            var said = process.StandardError.ReadToEndAsync(CancellationToken.None);
            try
            {
                await process.WaitForExitAsync(both.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
                cancel.ThrowIfCancellationRequested();
                return $"the probe did not end within {patience.TotalSeconds:0.#} s";
            }

            if (process.ExitCode == ProbeSector.ExitCode)
                return null;
            var line = (await said.ConfigureAwait(false)).Split('\n', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
            return $"the probe ended with {process.ExitCode}{(line is null ? "" : $" ({line[..Math.Min(line.Length, 200)].TrimEnd('.', '\r')})")}";
        }
    }
}

/// <summary>Starts a process on the one thread whose end would end it.</summary>
internal delegate Task<Process> WorkerStart(ProcessStartInfo start);
