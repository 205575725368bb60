using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Serving;

/// <summary>Faults in the shape that OpenAI's clients read: { error: { message, type, param, code } } and a status.</summary>
internal static class OpenAiErrors
{
    private const string Request = "invalid_request_error";

    internal static (int Status, string Type) Of(Fault fault) => fault.Code switch
    {
        FaultCodes.Unauthorized => (StatusCodes.Status401Unauthorized, Request),
        FaultCodes.Forbidden => (StatusCodes.Status403Forbidden, Request),
        FaultCodes.NotFound => (StatusCodes.Status404NotFound, Request),
        FaultCodes.InsufficientFunds or FaultCodes.BudgetExceeded => (StatusCodes.Status429TooManyRequests, "insufficient_quota"),
        FaultCodes.RateLimited or FaultCodes.QuotaExceeded => (StatusCodes.Status429TooManyRequests, "rate_limit_error"),
        FaultCodes.Unavailable => (StatusCodes.Status503ServiceUnavailable, "server_error"),
        _ when fault.Culprit is Culprit.Input or Culprit.Program => (StatusCodes.Status400BadRequest, Request),
        _ => (StatusCodes.Status502BadGateway, "server_error"),
    };

    internal static JsonObject Body(Fault fault, string? parameter = null) => new()
    {
        ["error"] = new JsonObject { ["message"] = fault.Message, ["type"] = Of(fault).Type, ["param"] = parameter, ["code"] = fault.Code.Replace('-', '_') },
    };

    /// <summary>Answers with the fault. Clients must not repeat what was retried on nodes already, or can never succeed.</summary>
    internal static Task WriteAsync(HttpContext http, Fault fault, string? parameter = null)
    {
        var mayRetry = fault.Code is FaultCodes.RateLimited or FaultCodes.Unavailable;
        http.Response.Headers["x-should-retry"] = mayRetry ? "true" : "false";
        return WriteAsync(http, Of(fault).Status, Body(fault, parameter));
    }

    internal static Task WriteAsync(HttpContext http, int status, JsonObject body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(body.ToJsonString(), http.RequestAborted);
    }
}
