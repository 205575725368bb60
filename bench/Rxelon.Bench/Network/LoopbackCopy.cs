using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Rxelon.Bench.Network;

/// <summary>The yardstick: a file over HTTP on loopback to another file, with the same server and client libraries and nothing else.</summary>
internal static class LoopbackCopy
{
    internal static async Task<TimeSpan> RunAsync(string file, string copy, CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        await using (app.ConfigureAwait(false))
        {
            app.MapGet("/file", () => Results.File(file, "application/octet-stream"));
            await app.StartAsync(cancel).ConfigureAwait(false);
            var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
            var watch = Stopwatch.StartNew();
            var body = await http.GetStreamAsync(new Uri(url + "/file"), cancel).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                var into = File.Create(copy);
                await using (into.ConfigureAwait(false))
                    await body.CopyToAsync(into, cancel).ConfigureAwait(false);
            }

            watch.Stop();
            File.Delete(copy);
            return watch.Elapsed;
        }
    }
}
