using System.Net.Sockets;
using Docker.DotNet;
using Docker.DotNet.Models;
using Rxelon.Node.Executors.Egress;
using Rxelon.Node.Executors.Gpus;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Docker;

/// <summary>
/// Runs parts in containers of an engine on this machine: no network, read-only root, no capabilities, limits on memory, CPU,
/// processes, time and output (docs/design/sandboxes.md). Needs root, for result directories with a size.
/// </summary>
public sealed class DockerExecutor : IExecutor
{
    private readonly DockerClientConfiguration _configuration;
    private readonly Outcome<PlainSpace> _space;
    private readonly CancellationTokenSource _ended = new();
    private EngineFacts? _facts;
    private bool _networks;
    private string _identity = "";

    /// <param name="endpoint">The engine's socket, <c>unix:///…</c>.</param>
    /// <param name="node">Marks this node's containers.</param>
    /// <param name="space">Where plaintext files may be; a fault there makes the executor unavailable.</param>
    /// <param name="time">The clock for limits.</param>
    /// <param name="terms">What the operator lets containers have; by default nothing but the images that are here.</param>
    internal DockerExecutor(Uri endpoint, NodeId node, Outcome<PlainSpace> space, TimeProvider time, DockerTerms? terms = null)
    {
        Terms = terms ?? new DockerTerms();
        _configuration = new DockerClientConfiguration(endpoint, defaultTimeout: Timeout.InfiniteTimeSpan);
        _space = space;
        Engine = _configuration.CreateClient();
        Node = node.ToString();
        Time = time;
        Removals = new ContainerRemovals(Engine, time);
        Images = new ImageCatalog(Engine);
        EgressLog = new EgressLog(Terms.Egress.LogDirectory, time);
        var notes = new ImageNotes(Terms.StateDirectory);
        Shipped = new ShippedImages(Engine, Images, notes, Terms.ImageBudget);
        Scan = new GpuScan(Terms.Root);
        Gpus = new GpuPool(Scan.Find());
        Budget = new ImageBudget(Engine, Images, notes, Terms, time);
        Pulls = new ImagePulls(Engine, Images, Budget, Terms, time);
    }

    /// <inheritdoc/>
    public WorkloadKind Kind => WorkloadKind.Docker;

    internal DockerClient Engine { get; }

    internal string Node { get; }

    internal TimeProvider Time { get; }

    internal ContainerRemovals Removals { get; }

    internal ImageCatalog Images { get; }

    internal ImagePulls Pulls { get; }

    internal EgressLog EgressLog { get; }

    internal GpuScan Scan { get; }

    internal GpuPool Gpus { get; private set; }

    internal ImageBudget Budget { get; }

    internal ShippedImages Shipped { get; }

    internal DockerTerms Terms { get; }

    internal PlainSpace Space => _space.Value;

    internal EngineFacts Facts => _facts ?? throw new InvalidOperationException("The engine was not fingerprinted.");

    /// <inheritdoc/>
    public async Task<ExecutorReport> FingerprintAsync(CancellationToken cancel)
    {
        if (_space.Fault is { } missing)
            return ExecutorReport.NotHere(Kind, missing.Message);
        if (!Space.IsSized)
            return ExecutorReport.NotHere(Kind, "Containers need the node to run as root: their result directories are tmpfs mounts with a size.");
        if (!ElfProgram.IsSupported)
            return ExecutorReport.NotHere(Kind, "There is no start program for this processor.");
        try
        {
            var info = await Engine.System.GetSystemInfoAsync(cancel).ConfigureAwait(false);
            return await FingerprintAsync(info, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or DockerApiException or IOException or TimeoutException or SocketException)
        {
            return ExecutorReport.NotHere(Kind, $"The container engine at {_configuration.EndpointBaseUri} does not work: {e.Message}");
        }
    }

    /// <summary>As <see cref="FingerprintAsync(CancellationToken)"/> for an engine that was probed before: nothing is tried again.</summary>
    internal async Task<ExecutorReport> AdoptAsync(EngineFacts known, CancellationToken cancel)
        => Report(known, [], await Images.ListAsync(cancel).ConfigureAwait(false), []);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>?> ImagesAsync(CancellationToken cancel)
        => _facts is null ? null : await Images.ListAsync(cancel).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<(string Name, byte[] Digest)>> MeasureAsync(CancellationToken cancel)
    {
        if (_facts is null)
            return [];
        try
        {
            var info = await Engine.System.GetSystemInfoAsync(cancel).ConfigureAwait(false);
            _identity = $"{info.ID}\n{info.ServerVersion}\n{info.Driver}";
        }
        catch (Exception e) when (IsEngineTrouble(e))
        {
            // An engine that restarts is the one that it was.
        }

        return [("engine", System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(_identity)))];
    }

    /// <inheritdoc/>
    public async Task<byte[]?> MeasureImageAsync(string image, CancellationToken cancel)
    {
        if (_facts is null)
            return null;
        try
        {
            var found = await Images.FindAsync(image, cancel).ConfigureAwait(false);
            return found.Fault is not null ? null : await ImageContent.MeasureAsync(Engine, image, found.Value.Id, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (IsEngineTrouble(e))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<Outcome<ISandbox>> PrepareAsync(SandboxSpec spec, CancellationToken cancel)
    {
        if (_facts is null)
            return new Fault(FaultCodes.ExecutorMissing, "This node runs no containers.", Culprit.Node, Retryable: true);
        try
        {
            if (spec.ShipsImage && (!Terms.TakesImages || !ImageReference.IsDigest(spec.Image)))
                return ShippedImages.Refused;
            if (spec.Network is { } network && (!_networks || !NetworkRules.Agrees(Terms.Egress.Agreed, network)))
            {
                return new Fault(
                    FaultCodes.NetworkRefused, $"This node's operator does not let programs connect to {string.Join(", ", network.Allow)}.",
                    Culprit.Node, Retryable: true);
            }

            ContainerImage? image = null;
            if (!spec.ShipsImage)
            {
                var found = await Pulls.FindAsync(spec, cancel).ConfigureAwait(false);
                if (found.Fault is { } missing)
                    return missing;
                image = found.Value;
            }

            var gpus = Gpus.Rent(spec.Gpu);
            return gpus.Fault is { } busy ? busy : new DockerSandbox(this, spec, image, gpus.Value);
        }
        catch (Exception e) when (e is HttpRequestException or DockerApiException)
        {
            return new Fault(FaultCodes.ExecutorFailed, $"The container engine does not answer: {e.Message}", Culprit.Node, Retryable: true);
        }
    }

    /// <inheritdoc/>
    public async Task<Outcome<IAsyncDisposable>> TakeImageAsync(string image, Stream archive, CancellationToken cancel)
    {
        try
        {
            return Terms.TakesImages ? await Shipped.TakeAsync(image, archive, cancel).ConfigureAwait(false) : ShippedImages.Refused;
        }
        catch (Exception e) when (e is HttpRequestException or DockerApiException)
        {
            return new Fault(FaultCodes.ExecutorFailed, $"The container engine did not load the image: {e.Message}", Culprit.Node, Retryable: true);
        }
    }

    /// <inheritdoc/>
    public async Task<int> DestroyLeftoversAsync(CancellationToken cancel)
    {
        if (_facts is null)
            return 0;
        var filter = new Dictionary<string, IDictionary<string, bool>>
        {
            ["label"] = new Dictionary<string, bool> { [$"{Hardening.NodeLabel}={Node}"] = true },
        };
        var ours = new ContainersListParameters { All = true, Filters = filter };
        var left = await Engine.Containers.ListContainersAsync(ours, cancel).ConfigureAwait(false);
        await Task.WhenAll(left.Select(c => Removals.RemoveAsync(c.ID))).ConfigureAwait(false);
        await Shipped.RemoveAllAsync().ConfigureAwait(false);
        return left.Count;
    }

    /// <summary>The engine refuses, or is away.</summary>
    internal static bool IsEngineTrouble(Exception e)
        => e is HttpRequestException or DockerApiException or IOException or TimeoutException or SocketException;

    /// <summary>Waits for removals under way; removes the images that came with tasks.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await Removals.DisposeAsync().ConfigureAwait(false);
        await Shipped.RemoveAllAsync().ConfigureAwait(false);
        Engine.Dispose();
        _configuration.Dispose();
    }

    private async Task<ExecutorReport> FingerprintAsync(SystemInfoResponse info, CancellationToken cancel)
    {
        List<string> warnings = [];
        Warn(info.CPUCfsQuota, "The kernel does not bound CPU time: a program can use all cores.");
        Warn(
            info.SwapLimit || (OperatingSystem.IsLinux() && MountTable.Swaps().Count == 0),
            "The kernel does not bound swap: a program can use more than its memory.");
        Warn(
            info.SecurityOptions?.Any(IsFilter) == true,
            "The engine filters no system calls (seccomp): it is off in the engine or the kernel.");
        var isRemapped = info.SecurityOptions?.Any(o => o.Split(',').Contains("name=userns")) == true;
        var probes = new DockerProbes(Engine, Space, Node, Time);
        var facts = new EngineFacts(info.ServerVersion, "runc", info.CPUCfsQuota);
        if (info.Runtimes?.ContainsKey("runsc") == true)
        {
            var (bite, fail) = await ProbeGvisorAsync(probes, facts with { Runtime = "runsc" }, cancel).ConfigureAwait(false);
            if (fail.Count == 0)
                return Report(facts with { Runtime = "runsc" }, bite, await Images.ListAsync(cancel).ConfigureAwait(false), warnings);
            warnings.Add($"gVisor (runsc) is installed but not used, because its limits do not hold here: {string.Join(" ", fail)}");
        }

        var (limits, failed) = await probes.RunAsync(facts, cancel).ConfigureAwait(false);
        warnings.AddRange(failed);
        Warn(
            isRemapped,
            "The engine maps no users: a program that became root in its container and broke out would be root here."
            + " Set userns-remap for the engine (docs/design/sandboxes.md).");
        if (isRemapped)
            limits = [.. limits, "users remapped"];
        return Report(facts, limits, await Images.ListAsync(cancel).ConfigureAwait(false), warnings);

        static bool IsFilter(string option)
            => option.Contains("seccomp", StringComparison.Ordinal) && !option.Contains("unconfined", StringComparison.Ordinal);

        void Warn(bool isFine, string warning)
        {
            if (!isFine)
                warnings.Add(warning);
        }
    }

    private static async Task<(IReadOnlyList<string> Limits, IReadOnlyList<string> Warnings)> ProbeGvisorAsync(
        DockerProbes probes, EngineFacts facts, CancellationToken cancel)
    {
        try
        {
            return await probes.RunAsync(facts, cancel).ConfigureAwait(false);
        }
        catch (DockerApiException e)
        {
            return ([], [e.Message]);
        }
    }

    private ExecutorReport Report(EngineFacts facts, IReadOnlyList<string> limits, IReadOnlyList<string> images, IReadOnlyList<string> warnings)
    {
        // gVisor passes devices on for some drivers only; what was not tried is not offered.
        if (facts.Runtime != "runc" && Gpus.All.Count > 0)
        {
            Gpus = new GpuPool([]);
            warnings = [.. warnings, $"GPUs are not offered, because containers run under {facts.Runtime}."];
        }

        // Under gVisor the container's loopback is not one of the machine's kernel, where the node could listen.
        _networks = facts.Runtime == "runc";
        if (!_networks && Terms.Egress.Agreed.Count > 0)
            warnings = [.. warnings, $"Connections are not offered, because containers run under {facts.Runtime}."];
        _facts = facts;
        return new ExecutorReport(Kind, true, $"docker {facts.Version} {facts.Runtime}", images, limits, warnings, null)
        {
            Registries = Terms.Registries,
            TakesImages = Terms.TakesImages,
            Gpus = Gpus.All,
            Networks = _networks ? Terms.Egress.Agreed : [],
            Later = Terms.Preload.Count > 0 ? Task.Run(() => Pulls.PreloadAsync(_ended.Token)) : null,
        };
    }
}
