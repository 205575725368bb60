namespace Rxelon.Hub.Http;

/// <summary>Sends those who can to the blob store itself. Others are served by the hub, whatever the store.</summary>
internal static class Direct
{
    private const string Header = "Rxelon-Direct";

    internal static bool IsWanted(HttpRequest request) => HttpMethods.IsHead(request.Method) is false && request.Headers[Header] == "1";

    internal static IResult To(Uri url) => Results.Redirect(url.AbsoluteUri, permanent: false, preserveMethod: true);
}
