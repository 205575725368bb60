using Rxelon.Node.Executors.Docker;
using Rxelon.Node.Executors.Vm;
using Rxelon.Node.Integrity;
using Rxelon.Node.Supervision;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Config;

/// <summary>Everything an operator can set on the command line. What is null follows from the machine.</summary>
internal sealed record NodeOptions
{
    /// <summary>Files that programs need are tmpfs; a part may ask for this much without being told so.</summary>
    private const long DiskPerSlot = 1L << 30;

    private const long LeastMemory = 64L << 20;

    [NotMeasured]
    public required string StateDirectory { get; init; }

    /// <summary>Attempts at the same time; default: one per core.</summary>
    public int? Slots { get; init; }

    /// <summary>Cores to offer; default: all.</summary>
    public double? Cpus { get; init; }

    /// <summary>Memory to offer; default: half of the machine's.</summary>
    public long? Memory { get; init; }

    /// <summary>Price of a core-hour.</summary>
    public Tokens Ask { get; init; } = new(100_000);

    /// <summary>Where the machine stands, such as "eu".</summary>
    public string Region { get; init; } = "";

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The container engine's socket.</summary>
    public Uri Docker { get; init; } = new("unix:///var/run/docker.sock");

    /// <summary>Which images and what else containers may have.</summary>
    public DockerTerms Containers { get; init; } = new();

    /// <summary>QEMU, by name or path.</summary>
    public string Qemu { get; init; } = "qemu-system-x86_64";

    /// <summary>Images of virtual machines; default: in the state directory.</summary>
    public string? VmImages { get; init; }

    /// <summary>Any member of the EXO cluster to offer; null for none.</summary>
    public Uri? Exo { get; init; }

    /// <summary>An answer that gives no token for so long counts as dead.</summary>
    public TimeSpan ExoStall { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Run although plaintext could be swapped to a disk.</summary>
    public bool AllowSwap { get; init; }

    /// <summary>The operator says that the configuration was changed on purpose (docs/design/integrity.md).</summary>
    [NotMeasured]
    public bool AnnounceChanges { get; init; }

    /// <summary>Kinds of work to offer; each must work here to be offered.</summary>
    public IReadOnlySet<WorkloadKind> Executors { get; init; } = new HashSet<WorkloadKind> { WorkloadKind.Wasm, WorkloadKind.Docker, WorkloadKind.Vm };

    /// <summary>Bytes that all plaintext files together may take; they are memory.</summary>
    internal static long PlainBytes => MachineMemory / 4;

    /// <summary>Programs that run at the same time, however many attempts are accepted.</summary>
    internal int Threads => Math.Min(Slots ?? Environment.ProcessorCount, Environment.ProcessorCount);

    internal VmSettings Vm => new(Qemu, VmImages ?? DefaultImages(StateDirectory), Path.Combine(StateDirectory, "vm"));

    internal static string DefaultImages(string stateDirectory) => Path.Combine(stateDirectory, "vm-images");

    private static long MachineMemory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>What is wrong, each with the option's name; empty when nothing is.</summary>
    internal IReadOnlyList<string> Validate()
    {
        List<string> errors = [];
        Check(Slots is null or (>= 1 and <= 4096), "--slots must be between 1 and 4096.");
        Check(Cpus is null or (> 0 and <= 4096), "--cpus must be above 0.");
        Check(Memory is null or >= LeastMemory, "--memory must be at least 64MiB.");
        Check(Ask > Tokens.Zero, "--ask must be above 0.");
        Check(
            Region.Length <= 32 && Region.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'),
            "--region is at most 32 letters, digits and hyphens.");
        Check(Labels.All(l => l.Key.Length is > 0 and <= 64 && l.Value.Length <= 64), "--label names and values are at most 64 characters.");
        Check(Docker.Scheme == "unix", "--docker must be a socket of this machine, unix:///….");
        Check(Exo is null || Exo.Scheme == Uri.UriSchemeHttp || Exo.Scheme == Uri.UriSchemeHttps, "--exo must be an address such as http://127.0.0.1:52415.");
        Check(ExoStall.TotalSeconds is >= 1 and <= 3600, "--exo-stall must be between 1 and 3600 seconds.");
        foreach (var registry in Containers.Registries.Where(r => !ImageReference.IsRegistry(r)))
            Check(false, $"--image-registry: '{registry}' is not HOST[:PORT] or HOST[:PORT]/PREFIX.");
        foreach (var rule in Containers.Egress.Agreed.Where(r => !NetworkRules.IsAgreement(r)))
            Check(false, $"--allow-network: '{rule}' is not any, HOST, HOST:PORT, or one of them with *. before it, in lower case.");
        Check(Containers.ImageBudget >= LeastMemory, "--image-budget must be at least 64MiB.");
        Check(Executors.Count > 0, "--executors names nothing to run.");
        return errors;

        void Check(bool isFine, string error)
        {
            if (!isFine)
                errors.Add(error);
        }
    }

    /// <summary>What the hub is told.</summary>
    internal OfferTerms Terms()
    {
        var slots = Slots ?? Environment.ProcessorCount;
        var cpu = (int)Math.Round((Cpus ?? Environment.ProcessorCount) * 1000);
        return new OfferTerms(
            new Resources(cpu, Memory ?? MachineMemory / 2, Math.Max(PlainBytes, slots * DiskPerSlot)), slots, Ask.Micros, Region, Labels);
    }
}
