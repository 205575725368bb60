using System.Text.Json.Serialization.Metadata;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>Answers of the API: JSON of <see cref="ApiJson"/>, and faults as problem details (RFC 9457).</summary>
internal static class Answers
{
    internal const string ProblemType = "application/problem+json";

    internal static IResult Json<T>(T value, int status = StatusCodes.Status200OK)
        => Results.Json(value, (JsonTypeInfo<T>)ApiJson.Default.GetTypeInfo(typeof(T))!, statusCode: status);

    /// <summary><paramref name="status"/>: where the server has chosen one already; otherwise it follows from the code.</summary>
    internal static IResult Problem(Fault fault, string? field = null, int? status = null)
    {
        var answered = status ?? StatusOf(fault);
        return Results.Json(Details(fault, field, answered), ApiJson.Default.ProblemInfo, ProblemType, answered);
    }

    /// <summary>Writes the problem, unless the answer has begun.</summary>
    internal static Task WriteProblemAsync(HttpContext context, Fault fault, int? status = null)
        => context.Response.HasStarted ? Task.CompletedTask : Problem(fault, status: status).ExecuteAsync(context);

    internal static int StatusOf(Fault fault) => fault.Code switch
    {
        FaultCodes.Unauthorized => StatusCodes.Status401Unauthorized,
        FaultCodes.InsufficientFunds or FaultCodes.BudgetExceeded => StatusCodes.Status402PaymentRequired,
        FaultCodes.Forbidden or FaultCodes.QuotaExceeded or FaultCodes.TokenExpired or FaultCodes.TokenUsed or FaultCodes.NodeRevoked
            => StatusCodes.Status403Forbidden,
        FaultCodes.NotFound => StatusCodes.Status404NotFound,
        FaultCodes.Conflict or FaultCodes.NotYet or FaultCodes.AlreadyEnded or FaultCodes.BlobMissing => StatusCodes.Status409Conflict,
        FaultCodes.Erased => StatusCodes.Status410Gone,
        FaultCodes.TooLarge => StatusCodes.Status413PayloadTooLarge,
        FaultCodes.HashMismatch => StatusCodes.Status422UnprocessableEntity,
        FaultCodes.RateLimited => StatusCodes.Status429TooManyRequests,
        FaultCodes.Unavailable or FaultCodes.BlobStoreUnavailable => StatusCodes.Status503ServiceUnavailable,
        FaultCodes.StorageFull => StatusCodes.Status507InsufficientStorage,
        _ => fault.Culprit == Culprit.Hub ? StatusCodes.Status500InternalServerError : StatusCodes.Status400BadRequest,
    };

    private static ProblemInfo Details(Fault fault, string? field, int status) => new(
        $"https://rxelon.invalid/problems/{fault.Code}", fault.Code.Replace('-', ' '), status, fault.Message, fault.Code,
        fault.Retryable, field);
}
