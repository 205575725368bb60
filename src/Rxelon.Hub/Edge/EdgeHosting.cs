using Akka.Hosting;
using Rxelon.Hub.Edge.Sessions;
using Rxelon.Hub.Entities;
using Rxelon.Link.Certificates;
using Rxelon.Link.Guard;

namespace Rxelon.Hub.Edge;

/// <summary>Puts the door for nodes into a hub.</summary>
public static class EdgeHosting
{
    /// <summary>
    /// The edge itself. Needs HubOptions, TimeProvider, <see cref="CertificateAuthority"/>, IBlobStore and ICapabilityUrls among the
    /// services, and must be added after Akka, so that it starts last and stops first.
    /// </summary>
    public static IServiceCollection AddRxelonEdge(this IServiceCollection services)
    {
        services.AddSingleton(provider => new EdgeGuard(
            PeerCheck.ForAuthority(
                provider.GetRequiredService<CertificateAuthority>().CertificateDer, provider.GetRequiredService<TimeProvider>()),
            new GuardLimits(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<SessionServices>();
        services.AddSingleton<EdgeService>();
        services.AddHostedService(provider => provider.GetRequiredService<EdgeService>());
        return services;
    }

    /// <summary>The node router in the private system; <see cref="NodeRouterKey"/> finds it.</summary>
    public static AkkaConfigurationBuilder WithNodeRouter(this AkkaConfigurationBuilder builder)
        => builder.WithActors((system, registry, resolver) =>
        {
            var actors = ActorRegistry.For(system);
            // Benches run without an edge: what sessions need is looked up when the first node says hello.
            var services = new Lazy<SessionServices>(() => resolver.GetService<SessionServices>());
            registry.Register<NodeRouterKey>(system.ActorOf(
                Akka.Actor.Props.Create(() => new NodeRouter(actors, services)), "nodes"));
        });
}
