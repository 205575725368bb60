using Rxelon.Hub.Config;

namespace Rxelon.Hub.Http;

/// <summary>Puts the HTTP API into a hub.</summary>
public static class ApiHosting
{
    public static IServiceCollection AddRxelonApi(this IServiceCollection services, HubOptions options) => services.AddSingleton(options);

    public static WebApplication MapRxelonApi(this WebApplication app)
    {
        app.MapGet("/health", () => "ok");
        return app;
    }
}
