using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rxelon.Cli.Serving;

/// <summary>A server that runs until it is disposed.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(15);

    private readonly WebApplication _app;

    private RunningServer(WebApplication app, string url) => (_app, Url) = (app, url);

    /// <summary>The address with the port that the system chose.</summary>
    internal string Url { get; }

    internal static async Task<RunningServer> StartAsync(ListenAddress listen, long largestBody, Action<WebApplication> map, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = largestBody;
            kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
            kestrel.Listen(listen.EndPoint, end =>
            {
                if (listen.Certificate is { } certificate)
                    end.UseHttps(certificate);
            });
        });
        var app = builder.Build();
        map(app);
        await app.StartAsync(ct).ConfigureAwait(false);
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new RunningServer(app, url);
    }

    /// <summary>Waits for Ctrl-C or SIGTERM.</summary>
    internal async Task UntilStoppedAsync(CancellationToken ct)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var asked = ct.Register(() => stopped.TrySetResult());
        using var ended = _app.Lifetime.ApplicationStopping.Register(() => stopped.TrySetResult());
        await stopped.Task.ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
