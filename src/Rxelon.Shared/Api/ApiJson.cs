using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rxelon.Shared.Api;

/// <summary>
/// JSON of the HTTP API: camelCase, unknown members refused by name. Errors are RFC 9457 problem+json with the extra members
/// <c>code</c> (stable), <c>retryable</c> and, where it applies, <c>field</c>.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, UseStringEnumConverter = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OpenAccountRequest))]
[JsonSerializable(typeof(OpenAccountResponse))]
[JsonSerializable(typeof(AccountResponse))]
[JsonSerializable(typeof(AccountReceiptPage))]
[JsonSerializable(typeof(AddKeyRequest))]
[JsonSerializable(typeof(AddKeyResponse))]
[JsonSerializable(typeof(QuoteRequest))]
[JsonSerializable(typeof(QuoteResponse))]
[JsonSerializable(typeof(SubmitRequest))]
[JsonSerializable(typeof(SubmitResponse))]
[JsonSerializable(typeof(TaskPage))]
[JsonSerializable(typeof(TaskResponse))]
[JsonSerializable(typeof(WhyInfo))]
[JsonSerializable(typeof(AdjustRequest))]
[JsonSerializable(typeof(TaskNewsInfo))]
[JsonSerializable(typeof(TaskLogsResponse))]
[JsonSerializable(typeof(KeyRequestsResponse))]
[JsonSerializable(typeof(KeyGrantsRequest))]
[JsonSerializable(typeof(KeyGrantsResponse))]
[JsonSerializable(typeof(ComparisonsResponse))]
[JsonSerializable(typeof(CompareRequest))]
[JsonSerializable(typeof(CompareResponse))]
[JsonSerializable(typeof(FetchRequest))]
[JsonSerializable(typeof(PackResponse))]
[JsonSerializable(typeof(EnrolRequest))]
[JsonSerializable(typeof(EnrolResponse))]
[JsonSerializable(typeof(NodeInfo))]
[JsonSerializable(typeof(NodeInfo[]))]
[JsonSerializable(typeof(ModelInfo[]))]
[JsonSerializable(typeof(HubInfo))]
[JsonSerializable(typeof(HealthInfo))]
[JsonSerializable(typeof(LogInfo))]
[JsonSerializable(typeof(BlockInfo))]
[JsonSerializable(typeof(BlockInfo[]))]
[JsonSerializable(typeof(BlockDetail))]
[JsonSerializable(typeof(EntryInfo))]
[JsonSerializable(typeof(ProblemInfo))]
public sealed partial class ApiJson : JsonSerializerContext;

/// <summary>RFC 9457 problem details as this API writes them.</summary>
public sealed record ProblemInfo(string Type, string Title, int Status, string? Detail, string? Code, bool? Retryable, string? Field);
