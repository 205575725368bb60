using System.Reflection;
using Akka.Actor;
using Akka.Configuration;
using Rxelon.Node.Blobs;
using Rxelon.Node.Executors;
using Rxelon.Node.Executors.Plain;
using Rxelon.Node.Integrity;
using Rxelon.Node.Link;
using Rxelon.Node.State;
using Rxelon.Node.Supervision;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Config;

/// <summary>Puts a node together, runs it until it is told to end or the hub refuses it for good, and takes it apart in order.</summary>
internal sealed class NodeHost(NodeOptions options, TextWriter output, TextWriter errors, TimeProvider time)
{
    internal const int Ok = 0;
    internal const int Misused = 2;
    internal const int RefusedByHub = 3;
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(12);

    /// <summary>Gives the exit code: 0 ended as asked, 2 cannot start, 3 refused by the hub for good.</summary>
    internal async Task<int> RunAsync(CancellationToken stop)
    {
        if (SwapRefusal() is { } swap)
            return await CannotStartAsync(swap).ConfigureAwait(false);
        var loaded = NodeMembership.Load(options.StateDirectory);
        if (loaded.Fault is { } notJoined)
            return await CannotStartAsync(notJoined).ConfigureAwait(false);
        using var membership = loaded.Value;
        var locked = StateLock.Acquire(options.StateDirectory);
        if (locked.Fault is { } taken)
            return await CannotStartAsync(taken).ConfigureAwait(false);
        using var stateLock = locked.Value;

        var executors = await ExecutorSet.OpenAsync(options, membership.Info.Node, time, stop).ConfigureAwait(false);
        await using (executors.ConfigureAwait(false))
        {
            await NodeReport.WriteAsync(output, membership.Info, executors, options.Terms()).ConfigureAwait(false);
            if (!executors.Reports.Any(r => r.Available))
            {
                var nothing = new Fault(FaultCodes.ExecutorMissing, "This machine can run nothing: see above.", Culprit.Node);
                return await CannotStartAsync(nothing).ConfigureAwait(false);
            }

            return await RunAsync(membership, executors, stop).ConfigureAwait(false);
        }
    }

    /// <summary>The fault when plaintext could reach a disk and the operator did not accept that.</summary>
    private Fault? SwapRefusal()
    {
        if (options.AllowSwap || options.Executors.All(k => k == WorkloadKind.Mock))
            return null;
        return OperatingSystem.IsLinux() ? PlainSpace.RefuseSwap() : null;
    }

    private async Task<int> RunAsync(NodeMembership membership, ExecutorSet executors, CancellationToken stop)
    {
        var spool = new CipherSpool(Path.Combine(options.StateDirectory, "spool"));
        using var session = ExchangeKeyPair.Generate();
        using var blobs = new BlobTransfer(HubHttp.Handler(membership.CaDer, time), spool, time);
        blobs.SetBase(membership.Info.HubUrl);
        using var log = OperationLog.Open(options.StateDirectory, membership.Info.Node, membership.Identity, time);
        var measurer = new Measurer(AppContext.BaseDirectory, options, executors.Executors, time);
        var opened = await NodeIntegrity.OpenAsync(options, membership, measurer, log, Version, output, time, stop).ConfigureAwait(false);
        if (opened.Fault is { } changed)
            return await CannotStartAsync(changed).ConfigureAwait(false);
        var reporter = opened.Value;
        var services = new NodeServices(
            membership.Info.Node, membership.Identity, session, executors.Executors, executors.Reports, blobs, spool, options.Terms(), time)
        {
            Operations = log,
            Integrity = reporter,
        };
        var settings = new LinkSettings(membership, session.PublicKey, options.StateDirectory, Version)
        {
            Measures = nonce => reporter.ForHelloAsync(nonce, CancellationToken.None),
        };
        var status = new StatusFile(options.StateDirectory);
        var watch = new Watch(status, membership.Info, output, time);

        var system = ActorSystem.Create("node", ConfigurationFactory.ParseString(await ReadConfigAsync(stop).ConfigureAwait(false)));
        var supervisor = system.ActorOf(
            NodeSupervisor.Props(services, parent => HubLink.Props(settings, parent, time), watch), "supervisor");
        await using var stopping = stop.Register(() => watch.Ended.TrySetResult(null)).ConfigureAwait(false);
        var refused = await watch.Ended.Task.ConfigureAwait(false);
        await supervisor.Ask<object>(new NodeSupervisor.Leave("The node is shutting down."), LeavePatience)
            .ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
        await system.Terminate().ConfigureAwait(false);
        log.Add(OperationKind.Stopped);
        log.SignHead();
        status.Remove();
        if (refused is null)
            return Ok;
        await errors.WriteLineAsync($"{refused.Code}: {refused.Message}").ConfigureAwait(false);
        return RefusedByHub;
    }

    internal static string Version
        => typeof(NodeHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    private static Task<string> ReadConfigAsync(CancellationToken cancel)
        => File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "hocon", "node.hocon"), cancel);

    private async Task<int> CannotStartAsync(Fault fault)
    {
        await errors.WriteLineAsync($"{fault.Code}: {fault.Message}").ConfigureAwait(false);
        return Misused;
    }

    /// <summary>Writes the link's state where operators and scripts look.</summary>
    private sealed class Watch(StatusFile file, MembershipInfo info, TextWriter output, TimeProvider time) : INodeObserver
    {
        /// <summary>Null when told to end; the fault when the hub refused for good.</summary>
        internal TaskCompletionSource<Fault?> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Up(ulong epoch)
        {
            file.Write(new NodeStatus(Environment.ProcessId, info.Node.ToString(), info.HubUrl, "up", epoch, time.GetUtcNow(), null, null));
            output.WriteLine($"In session with the hub at {info.HubUrl}.");
        }

        public void Down(Fault fault, bool final)
        {
            var link = final ? "refused" : "down";
            file.Write(new NodeStatus(
                Environment.ProcessId, info.Node.ToString(), info.HubUrl, link, 0, time.GetUtcNow(), fault.Code, fault.Message));
            output.WriteLine($"{fault.Code}: {fault.Message}");
            if (final)
                Ended.TrySetResult(fault);
        }
    }
}
