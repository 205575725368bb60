using System.Threading.RateLimiting;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>
/// Checks <c>Authorization: Bearer rxk_…</c> where an endpoint needs an account. An address that keeps sending wrong keys is
/// not listened to for a while, except with keys that were right just before.
/// </summary>
internal sealed class AccountGate(ApiKeys keys) : IMiddleware, IDisposable
{
    private const int WrongKeysPerMinute = 30;
    private const string Scheme = "Bearer ";

    private static readonly Fault Refused = new(
        FaultCodes.Unauthorized, "This needs an API key of an open account: Authorization: Bearer rxk_…", Culprit.Input);

    private readonly PartitionedRateLimiter<HttpContext> _wrongKeys = PartitionedRateLimiter.Create<HttpContext, string>(
        context => RateLimitPartition.GetFixedWindowLimiter(
            RemoteAddress.Of(context), _ => new FixedWindowRateLimiterOptions { PermitLimit = WrongKeysPerMinute, Window = TimeSpan.FromMinutes(1) }));

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<NeedsAccount>() is null)
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        var exhausted = _wrongKeys.GetStatistics(context)?.CurrentAvailablePermits == 0;
        var header = context.Request.Headers.Authorization.ToString();
        var view = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? await keys.FindAsync(header[Scheme.Length..].Trim(), exhausted, context.RequestAborted).ConfigureAwait(false)
            : null;
        if (view is null && exhausted)
        {
            await Answers.WriteProblemAsync(context, BadRequests.OfStatus(StatusCodes.Status429TooManyRequests)).ConfigureAwait(false);
            return;
        }

        if (view is null)
        {
            using var counted = _wrongKeys.AttemptAcquire(context);
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await Answers.WriteProblemAsync(context, Refused).ConfigureAwait(false);
            return;
        }

        context.Features.Set(new Caller(view));
        await next(context).ConfigureAwait(false);
    }

    public void Dispose() => _wrongKeys.Dispose();
}

/// <summary>The other end of the connection, as a key for limits.</summary>
internal static class RemoteAddress
{
    internal static string Of(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "local";
}
