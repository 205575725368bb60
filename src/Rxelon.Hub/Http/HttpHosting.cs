using System.Threading.RateLimiting;
using Rxelon.Hub.Config;
using Rxelon.Shared.Api;

namespace Rxelon.Hub.Http;

/// <summary>Puts the HTTP API into a hub.</summary>
public static class HttpHosting
{
    /// <summary>Bytes of a body where an endpoint says nothing else.</summary>
    public const long MaxBodyBytes = 1L << 20;

    /// <summary>
    /// Needs the ActorSystem, HubOptions, <see cref="HubAddresses"/>, TimeProvider, the indexes, IBlobStore, CapabilityUrls, IVault,
    /// CertificateAuthority and IJoinTokens among the services.
    /// </summary>
    public static IServiceCollection AddRxelonHttp(this IServiceCollection services, HubOptions options)
    {
        services.AddSingleton<HubCalls>().AddSingleton<ApiKeys>().AddSingleton<AccountGate>().AddSingleton<AccountClosing>();
        services.AddSingleton<Quoting>().AddSingleton<QuoteSeal>().AddSingleton<Submitting>().AddSingleton<RequestGate>();
        services.AddExceptionHandler<RequestGate>();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
            json.SerializerOptions.UnmappedMemberHandling = ApiJson.Default.Options.UnmappedMemberHandling;
            json.SerializerOptions.DefaultIgnoreCondition = ApiJson.Default.Options.DefaultIgnoreCondition;
            foreach (var converter in ApiJson.Default.Options.Converters)
                json.SerializerOptions.Converters.Add(converter);
        });
        services.AddRateLimiter(limits =>
        {
            limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limits.AddPolicy(AccountsEndpoints.OpeningLimit, context => RateLimitPartition.GetTokenBucketLimiter(
                RemoteAddress.Of(context),
                _ => new TokenBucketRateLimiterOptions
                {
                    TokenLimit = options.AccountsPerAddress,
                    TokensPerPeriod = 1,
                    ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                }));
        });
        return services.AddRxelonOpenApi();
    }

    /// <summary>Maps every endpoint and what stands before them.</summary>
    public static WebApplication MapRxelonApi(this WebApplication app)
    {
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(pages =>
        {
            var status = pages.HttpContext.Response.StatusCode;
            return Answers.WriteProblemAsync(pages.HttpContext, BadRequests.OfStatus(status), status);
        });
        app.UseRouting();
        app.UseRateLimiter();
        app.UseMiddleware<AccountGate>();
        var api = app.MapGroup("").AddEndpointFilter(app.Services.GetRequiredService<RequestGate>());
        api.MapAccounts();
        api.MapBlobs();
        api.MapUploads();
        api.MapCapabilities();
        api.MapQuotes();
        api.MapTasks();
        api.MapTaskEvents();
        api.MapTaskKeys();
        api.MapTaskComparisons();
        api.MapTaskLogs();
        api.MapNodes();
        api.MapModels();
        api.MapEnrol();
        api.MapReceipts();
        api.MapLedger();
        api.MapInfo();
        api.MapHealth();
        app.MapOpenApi();
        return app;
    }
}
