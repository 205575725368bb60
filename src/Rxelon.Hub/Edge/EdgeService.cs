using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Hosting.Logging;
using Rxelon.Hub.Config;
using Rxelon.Hub.Entities;
using Rxelon.Link;
using Rxelon.Link.Certificates;
using Rxelon.Link.Guard;

namespace Rxelon.Hub.Edge;

/// <summary>
/// Runs the edge: the second actor system of the process and the only thing a node can reach. Started by hand because a host has
/// one hosted actor system, which is the private one.
/// </summary>
public sealed class EdgeService(
    HubOptions options, CertificateAuthority authority, EdgeGuard guard, IRequiredActor<NodeRouterKey> router,
    TimeProvider time, ILoggerFactory loggers) : IHostedService
{
    private ActorSystem? _system;

    /// <summary>The port nodes connect to; known once started.</summary>
    public int Port { get; private set; }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var target = await router.GetAsync(cancellationToken);
        var server = authority.IssueServer([options.EdgePublicHost, LinkConfig.EdgeAddress.Host], CertificateAuthority.ServerLifetime);
        (_system, Port) = LinkConfig.StartEdge(
            options.EdgeBindHost, options.EdgePort, server, guard,
            ConfigurationFactory.ParseString("""akka.loggers = ["Akka.Hosting.Logging.LoggerFactoryLogger,Akka.Hosting"]"""),
            new LoggerFactorySetup(loggers));
        _system.ActorOf(Props.Create(() => new NodeDoor(target, guard, time)), "door");
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_system is not null)
            await _system.Terminate().WaitAsync(cancellationToken);
    }
}
