using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rxelon.Link.Certificates;
using Rxelon.Node.Link;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Tests.Link;

public sealed class EnrolmentSpecs : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("rxelon-join-").FullName;
    private readonly CertificateAuthority _authority;
    private readonly HttpListener _hub = new();
    private readonly string _url;
    private readonly List<string> _asked = [];
    private readonly Task _serving;
    private Func<EnrolRequest, EnrolResponse, EnrolResponse> _answer = (_, response) => response;

    public EnrolmentSpecs()
    {
        _authority = CertificateAuthority.OpenOrCreate(Path.Combine(_directory, "hub"), "test", TimeProvider.System);
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            _url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        }

        _hub.Prefixes.Add(_url);
        _hub.Start();
        _serving = ServeAsync();
    }

    private string State => Path.Combine(_directory, "state");

    private string Token => $"rxj_secret.{_authority.Fingerprint}";

    public void Dispose()
    {
        _hub.Stop();
        _serving.GetAwaiter().GetResult();
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Joining_stores_a_membership_that_loads_and_joining_again_keeps_the_identity()
    {
        using var output = new StringWriter();
        var enrolment = new Enrolment(TimeProvider.System, output);

        var joined = await enrolment.JoinAsync(new Uri(_url), Token, State, "box", CancellationToken.None);
        var again = await enrolment.JoinAsync(new Uri(_url), Token, State, "box", CancellationToken.None);

        Assert.Null(joined.Fault);
        Assert.Equal(joined.Value.Node, again.Value.Node);
        using var membership = NodeMembership.Load(State).Value;
        Assert.Equal(joined.Value.Node, NodeId.OfIdentityKey(membership.Identity.PublicKey));
        Assert.True(membership.Certificate.HasPrivateKey);
        Assert.Contains(_authority.Fingerprint, output.ToString(), StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(State))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(State));
    }

    [Fact]
    public async Task A_network_with_another_fingerprint_never_sees_the_token()
    {
        var joined = await new Enrolment(TimeProvider.System, TextWriter.Null)
            .JoinAsync(new Uri(_url), $"rxj_secret.{new string('0', 64)}", State, "box", CancellationToken.None);

        Assert.Equal(FaultCodes.Forbidden, joined.Fault?.Code);
        Assert.Equal(["/v1/ca"], _asked);
        Assert.False(NodeMembership.Exists(State));
    }

    [Theory]
    [InlineData("http://192.0.2.1/", "rxj_s.")]
    [InlineData("https://127.0.0.1/", "rxj_secret")]
    [InlineData("https://127.0.0.1/", "rxj_.0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task A_bad_address_or_token_is_refused_before_anything_is_sent(string url, string token)
    {
        var joined = await new Enrolment(TimeProvider.System, TextWriter.Null).JoinAsync(new Uri(url), token, State, "box", CancellationToken.None);
        Assert.Equal(FaultCodes.Malformed, joined.Fault?.Code);
    }

    [Fact]
    public async Task A_certificate_for_somebody_else_is_not_taken()
    {
        _answer = (request, response) => response with
        {
            Certificate = _authority.IssueNode(
                NodeId.FromBytes(RandomNumberGenerator.GetBytes(16)), response.Label, request.TlsSpki, TimeSpan.FromDays(1)).Value,
        };

        var joined = await new Enrolment(TimeProvider.System, TextWriter.Null).JoinAsync(new Uri(_url), Token, State, "box", CancellationToken.None);

        Assert.Equal(FaultCodes.Malformed, joined.Fault?.Code);
        Assert.False(NodeMembership.Exists(State));
    }

    private async Task ServeAsync()
    {
        try
        {
            while (_hub.IsListening)
                await AnswerAsync(await _hub.GetContextAsync());
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            _asked.Add("stopped");
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var path = context.Request.Url!.AbsolutePath;
        _asked.Add(path);
        var body = path == "/v1/ca"
            ? _authority.CertificateDer
            : JsonSerializer.SerializeToUtf8Bytes(
                Enrol((await JsonSerializer.DeserializeAsync(context.Request.InputStream, ApiJson.Default.EnrolRequest))!), ApiJson.Default.EnrolResponse);
        context.Response.ContentType = "application/json";
        await context.Response.OutputStream.WriteAsync(body);
        context.Response.Close();
    }

    private EnrolResponse Enrol(EnrolRequest request)
    {
        Assert.True(Signatures.Verify(
            request.IdentityKey, SignedStatements.Enrol(request.IdentityKey, Encoding.UTF8.GetBytes("secret"), request.TlsSpki), request.Signature));
        var node = NodeId.OfIdentityKey(request.IdentityKey);
        var label = LinkNames.NewLabel();
        var certificate = _authority.IssueNode(node, label, request.TlsSpki, CertificateAuthority.NodeLifetime).Value;
        return _answer(request, new EnrolResponse(
            node, AccountId.OfSigningKey(new byte[32]), label, certificate, _authority.CertificateDer, "127.0.0.1", 1, true));
    }
}
