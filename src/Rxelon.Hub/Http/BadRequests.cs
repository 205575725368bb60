using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>What the server itself found wrong with a request.</summary>
internal static class BadRequests
{
    internal static Fault Explain(BadHttpRequestException e) => OfStatus(e.StatusCode);

    internal static Fault OfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => new Fault(FaultCodes.NotFound, "There is nothing at this path.", Culprit.Input),
        StatusCodes.Status405MethodNotAllowed => new Fault(FaultCodes.Malformed, "This path does not take this method.", Culprit.Input),
        StatusCodes.Status408RequestTimeout => new Fault(FaultCodes.Unavailable, "The body came too slowly.", Culprit.Network, Retryable: true),
        StatusCodes.Status413PayloadTooLarge => new Fault(FaultCodes.TooLarge, "The body is larger than this path takes.", Culprit.Input),
        StatusCodes.Status429TooManyRequests => new Fault(
            FaultCodes.RateLimited, "Too many requests from this address; wait a moment.", Culprit.Input, Retryable: true),
        _ => new Fault(FaultCodes.Malformed, "The request is malformed.", Culprit.Input),
    };
}
