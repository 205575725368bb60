using System.Text.RegularExpressions;
using Rxelon.Hub.Config;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Http;

/// <summary>What a task spec may say here; the first thing that is wrong, with its field.</summary>
internal static partial class SpecRules
{
    /// <summary>Parts of one task; a submission of so many fits into <see cref="MaxSubmissionBytes"/>.</summary>
    internal const int MaxParts = 50_000;

    internal const long MaxSubmissionBytes = 16L << 20;
    private const int MaxList = 100;
    private const int MaxCpuMillis = 1_024_000;
    private const long MaxMemory = 4L << 40;
    private const long MaxDisk = 128L << 40;
    private const int MaxTimeSeconds = 7 * 24 * 3600;
    private const int MaxRetries = 100;
    private const long MaxSeconds = 366L * 24 * 3600;

    internal static (string Field, Fault Fault)? Check(TaskSpec spec, HubOptions options)
    {
        if (spec.Privacy.Custody == Custody.Attested)
            return ("spec.privacy.custody", new Fault(FaultCodes.CustodyUnavailable, CustodyTerms.NoAttestation, Culprit.Input));
        var wrong = General(spec, options) ?? Numbers(spec) ?? Lists(spec.Placement) ?? Stages(spec, options);
        return wrong is var (field, why) ? ($"spec.{field}", new Fault(FaultCodes.Malformed, $"{field}: {why}.", Culprit.Input)) : null;
    }

    /// <summary>Each further stage by the same rules; how they hang together is <see cref="StagePlan"/>'s to say.</summary>
    private static (string, string)? Stages(TaskSpec spec, HubOptions options)
    {
        foreach (var stage in spec.Stages ?? [])
        {
            var alone = spec with
            {
                Kind = stage.Kind,
                Image = stage.Image,
                Resources = stage.Resources ?? spec.Resources,
                Limits = stage.Limits is { } l ? spec.Limits with { TimeSeconds = l.TimeSeconds, OutputBytes = l.OutputBytes } : spec.Limits,
            };
            if ((General(alone, options) ?? Numbers(alone) ?? Within("parts", stage.Parts, 1, MaxParts)) is var (field, why))
                return ($"stages.{field}", why);
        }

        return null;
    }

    private static (string, string)? General(TaskSpec spec, HubOptions options)
    {
        if (!AccountsEndpoints.IsText(spec.Name))
            return ("name", "1 to 64 printable characters");
        if (!Enum.IsDefined(spec.Kind) || (spec.Kind == WorkloadKind.Mock && !options.AllowMock))
            return ("kind", "a kind of sandbox that this network offers (Wasm, Docker, Vm, Model)");
        if (spec.Kind == WorkloadKind.Model && (spec.Image is null || !Model().IsMatch(spec.Image)))
            return ("image", "for Model the model's full name: at most 128 letters, digits, and . _ - / between them");
        if (spec.Kind is WorkloadKind.Docker or WorkloadKind.Vm ? !ImageReference.IsDigest(spec.Image) : spec.Kind != WorkloadKind.Model && spec.Image is not null)
            return ("image", "for Docker and Vm, and only there, an image by digest: sha256: and 64 hex digits");
        if (spec.Repository is { } from && (spec.Kind != WorkloadKind.Docker || !ImageReference.IsRepository(from)))
            return ("repository", "for Docker, and only there, where the image may be pulled from: HOST[:PORT]/PATH");
        if (spec.ImageBlob is { } image && (spec.Kind != WorkloadKind.Docker || image.Id.IsUnset || image.Size < 1 || spec.Repository is not null))
            return ("imageBlob", "for Docker, and only there, the stored archive of an image that no registry has: its id and size");
        if (spec.Network is { } network && (spec.Kind != WorkloadKind.Docker || network.Allow.Count is 0 or > NetworkRequest.Most || !network.Allow.All(NetworkRules.IsDestination)))
            return ("network", $"for Docker, and only there, 1 to {NetworkRequest.Most} destinations, HOST:PORT or *.HOST:PORT, in lower case");
        if (spec.Gpu is { } gpu && (spec.Kind != WorkloadKind.Docker || gpu.Count is < 1 or > GpuRequest.Most || !Enum.IsDefined(gpu.Vendor) || gpu.Memory is < 0 or > MaxMemory))
            return ("gpu", $"for Docker, and only there, 1 to {GpuRequest.Most} GPUs of Any, Nvidia, Amd or Intel, and the least memory of each");
        if (!CipherSuites.TryParse(spec.Privacy.Cipher, out _))
            return ("privacy.cipher", "aes-256-gcm, chacha20-poly1305 or aes-256-gcm-siv");
        if (!Enum.IsDefined(spec.Privacy.Custody))
            return ("privacy.custody", "Managed or Sealed");
        if (spec.RefusesSpeculation() is { } second)
            return ("limits.speculate", second.TrimEnd('.'));
        if (spec.Privacy.RefusesParallel() is { } conflict)
            return ("privacy.parallel", conflict.TrimEnd('.'));
        return Enum.IsDefined(spec.Budget.Tier) ? null : ("budget.tier", "Economy, Standard or Priority");
    }

    private static (string, string)? Numbers(TaskSpec spec)
    {
        var (resources, limits) = (spec.Resources, spec.Limits);
        return Within("resources.cpuMillis", resources.CpuMillis, 1, MaxCpuMillis)
            ?? Within("resources.memory", resources.Memory, 1 << 20, MaxMemory)
            ?? Within("resources.disk", resources.Disk, 0, MaxDisk)
            ?? Within("limits.timeSeconds", limits.TimeSeconds, 1, MaxTimeSeconds)
            ?? Within("limits.outputBytes", limits.OutputBytes, 1, MaxDisk)
            ?? Within("limits.retries", limits.Retries, 0, MaxRetries)
            ?? Within("limits.deadlineSeconds", limits.DeadlineSeconds, 0, MaxSeconds)
            ?? Within("privacy.parallel", spec.Privacy.Parallel, 0, MaxParts)
            ?? Within("budget.max", spec.Budget.Max.Micros, 0, long.MaxValue)
            ?? Within("retain.resultsSeconds", spec.Retain.ResultsSeconds, 0, MaxSeconds)
            ?? (spec.Retain.LogsSeconds is { } logs ? Within("retain.logsSeconds", logs, 0, spec.Retain.ResultsSeconds) : null);
    }

    private static (string, string)? Lists(Placement placement)
        => placement.Regions.Count > MaxList ? ("placement.regions", $"at most {MaxList}")
            : placement.DenyOperators.Count > MaxList ? ("placement.denyOperators", $"at most {MaxList}")
            : placement.Labels.Count > MaxList ? ("placement.labels", $"at most {MaxList}")
            : null;

    private static (string, string)? Within(string field, long value, long least, long most)
        => value >= least && value <= most ? null : (field, $"a number from {least} to {most}");

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$", RegexOptions.CultureInvariant)]
    private static partial Regex Model();
}
