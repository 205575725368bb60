using Akka.Actor;
using Microsoft.AspNetCore.Diagnostics;
using Rxelon.Hub.Blobs;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>Answers wrong request parts before handlers run, and whatever handlers throw.</summary>
internal sealed class RequestGate(ILogger<RequestGate> log) : IEndpointFilter, IExceptionHandler
{
    private static readonly Fault Unexpected = new(
        FaultCodes.Unavailable, "The hub failed to answer; its log says why. Nothing else is known about this request: ask before repeating it.",
        Culprit.Hub);

    private static readonly Fault Late = new(
        FaultCodes.Unavailable, "The hub is busy or starting and did not answer in time; ask again.", Culprit.Hub, Retryable: true);

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        foreach (var argument in context.Arguments)
        {
            if (argument is ICheckedRequest { Fault: { } fault } wrong)
                return ValueTask.FromResult<object?>(Answers.Problem(fault, wrong.Field));
        }

        return next(context);
    }

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (context.RequestAborted.IsCancellationRequested)
            return true;
        var fault = exception switch
        {
            BadHttpRequestException e => BadRequests.Explain(e),
            AskTimeoutException => Late,
            BlobStoreException e => e.Fault,
            _ => Unexpected,
        };
        if (fault == Unexpected)
            log.LogError(exception, "{Method} {Route} failed", context.Request.Method, (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);
        await Answers.WriteProblemAsync(context, fault).ConfigureAwait(false);
        return true;
    }
}
