using System.Text.Json.Nodes;
using Rxelon.Cli.Serving;
using Rxelon.Cli.Sessions;

namespace Rxelon.Client.Tests.Serving;

/// <summary>What was passed on and the answer that counts become one answer, or none.</summary>
public sealed class StreamedAnswerSpecs
{
    private readonly StreamedAnswer _streamed = new();

    [Fact]
    public void Nothing_passed_on_leaves_the_whole_message()
        => Assert.Equal("""{"role":"assistant","content":"Hello"}""", _streamed.Rest(Message("Hello"))?.ToJsonString());

    [Fact]
    public void Pieces_are_deltas_and_the_rest_completes_them()
    {
        Assert.Equal("""{"role":"assistant","reasoning_content":"hm"}""", _streamed.Take(new AnswerPiece("", "hm")).ToJsonString());
        Assert.Equal("""{"content":"Hel"}""", _streamed.Take(new AnswerPiece("Hel", "")).ToJsonString());

        var message = Message("Hello");
        message["reasoning_content"] = "hmm";
        Assert.Equal("""{"content":"lo","reasoning_content":"m"}""", _streamed.Rest(message)?.ToJsonString());
        _streamed.Take(new AnswerPiece("lo", "m"));
        Assert.Equal("{}", _streamed.Rest(message)?.ToJsonString());
    }

    [Fact]
    public void An_answer_that_begins_differently_is_none()
    {
        _streamed.Take(new AnswerPiece("Hello", ""));
        Assert.Null(_streamed.Rest(Message("Help")));
        Assert.Null(_streamed.Rest(Message("Hell")));
        Assert.Null(_streamed.Rest(new JsonObject { ["role"] = "assistant", ["content"] = null }));
        Assert.NotNull(_streamed.Rest(Message("Hello!")));
    }

    private static JsonObject Message(string content) => new() { ["role"] = "assistant", ["content"] = content };
}
