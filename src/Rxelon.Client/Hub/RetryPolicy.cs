using System.Security.Authentication;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Retry;

namespace Rxelon.Client.Hub;

/// <summary>Repeats what may be repeated: transient failures of requests marked so, with growing, jittered pauses.</summary>
internal static class RetryPolicy
{
    internal static readonly HttpRequestOptionsKey<bool> Repeatable = new("rxelon.repeatable");

    private const int MaxRetries = 4;

    internal static ResiliencePipeline<HttpResponseMessage> NewPipeline(TimeProvider time)
        => new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(10),
                ShouldHandle = MayRepeat,
            })
            .AddTimeout(TimeSpan.FromSeconds(100))
            .Build();

    private static ValueTask<bool> MayRepeat(RetryPredicateArguments<HttpResponseMessage> args)
    {
        var request = args.Outcome.Result?.RequestMessage ?? args.Context.GetRequestMessage();
        var repeatable = request is not null && request.Options.TryGetValue(Repeatable, out var set) && set;
        var untrusted = args.Outcome.Exception?.InnerException is AuthenticationException;
        return ValueTask.FromResult(repeatable && !untrusted && HttpClientResiliencePredicates.IsTransient(args.Outcome));
    }
}
