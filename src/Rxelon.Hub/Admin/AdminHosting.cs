using Rxelon.Hub.Admin.Commands;
using Rxelon.Hub.Config;

namespace Rxelon.Hub.Admin;

/// <summary>Puts the admin palette and its socket into a hub.</summary>
public static class AdminHosting
{
    /// <summary>The socket's name in the data directory.</summary>
    public const string SocketName = "admin.sock";

    /// <summary>Needs the ActorSystem, HubOptions, TimeProvider, the indexes and IJoinTokens among the services.</summary>
    public static IServiceCollection AddRxelonAdmin(this IServiceCollection services)
    {
        services.AddSingleton<AdminContext>();
        services.AddSingleton<IAdminCommand, ClusterShow>();
        services.AddSingleton<IAdminCommand, HubStatus>();
        services.AddSingleton<IAdminCommand, NodesList>();
        services.AddSingleton<IAdminCommand, NodesShow>();
        services.AddSingleton<IAdminCommand, NodesToken>();
        services.AddSingleton<IAdminCommand>(s => new NodesDecide(s.GetRequiredService<AdminContext>(), "approve"));
        services.AddSingleton<IAdminCommand>(s => new NodesDecide(s.GetRequiredService<AdminContext>(), "revoke"));
        services.AddSingleton<IAdminCommand>(s => new NodesDrain(s.GetRequiredService<AdminContext>()));
        services.AddSingleton<IAdminCommand>(s => new NodesReinstate(s.GetRequiredService<AdminContext>()));
        services.AddSingleton<IAdminCommand, NodesClearAlarm>();
        services.AddSingleton<IAdminCommand, NodesRebaseline>();
        services.AddSingleton<IAdminCommand, NodesOplog>();
        services.AddSingleton<IAdminCommand, IntegrityAllow>();
        services.AddSingleton<IAdminCommand, IntegrityList>();
        services.AddSingleton<IAdminCommand, AccountsList>();
        services.AddSingleton<IAdminCommand, AccountsShow>();
        services.AddSingleton<IAdminCommand, AccountsGrant>();
        services.AddSingleton<IAdminCommand, TasksFind>();
        services.AddSingleton<IAdminCommand, TasksWhy>();
        services.AddSingleton<IAdminCommand, TasksCancel>();
        services.AddSingleton<IAdminCommand, LedgerShow>();
        services.AddSingleton<IAdminCommand, LedgerRotateKey>();
        services.AddSingleton<IAdminCommand, LedgerAnchor>();
        services.AddSingleton<AdminPalette>();
        services.AddHostedService(s => new AdminSocket(
            Path.Combine(s.GetRequiredService<HubOptions>().DataDirectory, SocketName),
            s.GetRequiredService<AdminPalette>(),
            s.GetRequiredService<ILogger<AdminSocket>>()));
        return services;
    }
}
