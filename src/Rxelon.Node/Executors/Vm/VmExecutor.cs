using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Vm;

/// <summary>Where an operator wants things.</summary>
/// <param name="Qemu">The program, by name or path.</param>
/// <param name="Images">The folder of images.</param>
/// <param name="Machines">The folder of running machines; nobody else's.</param>
/// <param name="Kvm">The kernel's device.</param>
internal sealed record VmSettings(string Qemu, string Images, string Machines, string Kvm = "/dev/kvm");

/// <summary>
/// Runs parts in machines of their own: QEMU with a kernel and root that the image's digest names, no network, read-only root,
/// limits on memory, processes, time and output (docs/design/vm.md).
/// </summary>
public sealed class VmExecutor : IExecutor
{
    private readonly VmSettings _settings;
    private readonly Outcome<PlainSpace> _space;
    private readonly VmFolders _folders;

    // QEMU dies with the thread that started it: this one lives as long as the executor.
    private readonly Workers _launcher = new("vm-start", 1);
    private readonly ConcurrentDictionary<VmMachine, int> _machines = [];
    private int _acceleration;

    /// <param name="settings">Programs and folders.</param>
    /// <param name="space">Where plaintext files may be; a fault there makes the executor unavailable.</param>
    /// <param name="time">The clock for limits.</param>
    internal VmExecutor(VmSettings settings, Outcome<PlainSpace> space, TimeProvider time)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException();
        _settings = settings;
        _space = space;
        Time = time;
        Images = new VmImages(settings.Images);
        _folders = new VmFolders(settings.Machines);
    }

    /// <inheritdoc/>
    public WorkloadKind Kind => WorkloadKind.Vm;

    internal TimeProvider Time { get; }

    internal VmImages Images { get; }

    internal PlainSpace Space => _space.Value;

    /// <summary>What machines run with now.</summary>
    internal Acceleration Acceleration => (Acceleration)Volatile.Read(ref _acceleration);

    /// <inheritdoc/>
    public async Task<ExecutorReport> FingerprintAsync(CancellationToken cancel)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException();
        if (_space.Fault is { } missing)
            return ExecutorReport.NotHere(Kind, missing.Message);
        if (Images.List() is not { Count: > 0 } images)
            return ExecutorReport.NotHere(Kind, $"No image is in {_settings.Images}: add one (rxelon-node vm-image add) and start again.");
        if (!_folders.IsShort)
            return ExecutorReport.NotHere(Kind, $"The path {_settings.Machines} is too long for sockets in it.");
        if (Find(_settings.Qemu) is null)
            return ExecutorReport.NotHere(Kind, $"There is no {_settings.Qemu} (Debian package qemu-system-x86).");
        if (Find("setpriv") is null)
            return ExecutorReport.NotHere(Kind, "There is no setpriv (Debian package util-linux), which starts QEMU without rights.");
        var version = await VersionAsync(cancel).ConfigureAwait(false);
        Directory.CreateDirectory(_settings.Machines, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var choice = await new VmProbe(_settings.Qemu, _settings.Machines, LaunchAsync, VmProbe.KvmPatience, Time)
            .ChooseAsync(File.Exists(_settings.Kvm), cancel).ConfigureAwait(false);
        if (choice.Acceleration is not { } acceleration)
            return ExecutorReport.NotHere(Kind, choice.Why!);
        Volatile.Write(ref _acceleration, (int)acceleration);
        List<string> limits = ["own kernel, no network device, read-only disk", "memory, processes and size of /out, by the guest's kernel; time, by the node"];
        List<string> warnings =
        [
            "A fraction of a core is a whole virtual processor, and QEMU's own threads are beside it.",
            "A machine takes some 128 MiB beside the part's memory, and up to 256 MiB more when it is translated.",
        ];
        if (Posix.IsRoot)
            limits.Add("QEMU: a user of its own per machine, no capabilities, filtered system calls");
        else
            warnings.Add("Not root: QEMU runs as the node's own user.");
        if (choice.Why is { } why)
            warnings.Add(why);
        return new ExecutorReport(Kind, true, $"qemu {version} {acceleration.ToString().ToLowerInvariant()}", images, limits, warnings, null);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>?> ImagesAsync(CancellationToken cancel)
        => Task.FromResult(_acceleration == 0 ? null : Images.List());

    /// <inheritdoc/>
    public async Task<IReadOnlyList<(string Name, byte[] Digest)>> MeasureAsync(CancellationToken cancel)
    {
        if (Find(_settings.Qemu) is not { } path)
            return [];
        var file = File.OpenRead(path);
        await using (file.ConfigureAwait(false))
            return [(Path.GetFileName(path), await SHA256.HashDataAsync(file, cancel).ConfigureAwait(false))];
    }

    /// <inheritdoc/>
    public Task<byte[]?> MeasureImageAsync(string image, CancellationToken cancel) => Images.MeasureAsync(image, cancel);

    /// <inheritdoc/>
    public async Task<Outcome<ISandbox>> PrepareAsync(SandboxSpec spec, CancellationToken cancel)
    {
        if (_acceleration == 0 || !OperatingSystem.IsLinux())
            return new Fault(FaultCodes.ExecutorMissing, "This node runs no virtual machines.", Culprit.Node, Retryable: true);
        var image = await Images.FindAsync(spec.Image, cancel).ConfigureAwait(false);
        return image.Fault is { } fault ? fault : new VmSandbox(this, spec, image.Value);
    }

    /// <inheritdoc/>
    public Task<int> DestroyLeftoversAsync(CancellationToken cancel)
        => OperatingSystem.IsLinux() ? _folders.DestroyAsync(cancel) : Task.FromResult(0);

    /// <summary>Ends every machine that still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!OperatingSystem.IsLinux())
            return;
        foreach (var machine in _machines.Keys)
            await EndAsync(machine).ConfigureAwait(false);
        _launcher.Dispose();
    }

    /// <summary>Starts a machine that waits for its ports. The caller ends it with <see cref="EndAsync"/>.</summary>
    [SupportedOSPlatform("linux")]
    internal async Task<VmMachine> StartAsync(VmImage image, SandboxSpec spec, Acceleration acceleration)
    {
        var (number, folder, record, user) = _folders.Rent();
        var marker = $"rxelon-{Guid.NewGuid():n}";
        var memory = QemuArguments.MemoryMebi(spec.Resources, spec.OutputBytes, image.Manifest.Initrd.Size);
        List<string> arguments =
        [
            .. QemuArguments.Machine(acceleration, spec.Resources.CpuMillis, memory), .. QemuArguments.Boot(image.Manifest),
            .. QemuArguments.Control(marker),
        ];
        var process = await LaunchAsync(QemuStart.Build(_settings.Qemu, folder, image, user, acceleration, arguments)).ConfigureAwait(false);
        var machine = new VmMachine(process, folder, record, marker, Time);
        _machines[machine] = number;
        return machine;
    }

    /// <summary>Kills it, removes its folder, frees its number. More than once is fine.</summary>
    [SupportedOSPlatform("linux")]
    internal async Task EndAsync(VmMachine machine)
    {
        if (!_machines.TryRemove(machine, out var number))
            return;
        await machine.DisposeAsync().ConfigureAwait(false);
        _folders.Return(number);
    }

    /// <summary>A guest did not come up: KVM is not used again before the next start.</summary>
    internal void Distrust(Acceleration acceleration)
    {
        if (acceleration == Acceleration.Kvm)
            Volatile.Write(ref _acceleration, (int)Acceleration.Tcg);
    }

    private Task<Process> LaunchAsync(ProcessStartInfo start) => _launcher.RunAsync(() =>
    {
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    });

    private async Task<string> VersionAsync(CancellationToken cancel)
    {
        var start = new ProcessStartInfo(_settings.Qemu, "-version") { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync(cancel).ConfigureAwait(false);
        await process.WaitForExitAsync(cancel).ConfigureAwait(false);
        var words = said.Split(' ', '\n');
        return Array.IndexOf(words, "version") is >= 0 and var at && at + 1 < words.Length ? words[at + 1] : "of unknown version";
    }

    private static string? Find(string program)
        => program.Contains('/', StringComparison.Ordinal) ? (File.Exists(program) ? program : null)
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
                .Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists);
}
