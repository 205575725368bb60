using Akka.Actor;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>The way to one node process; used from the private system, sends into the edge system.</summary>
internal interface INodeLine
{
    /// <summary>Who the certificate speaks for.</summary>
    PeerIdentity Identity { get; }

    /// <summary>The host name it announced: certificate's label and process instance.</summary>
    string Origin { get; }

    /// <summary>True while a socket of this process is open; a process that was killed loses it at once, one behind a dead router later.</summary>
    bool IsConnected { get; }

    /// <summary>Who gets its frames; null before the hello was accepted and after the session's end.</summary>
    IActorRef? Session { get; set; }

    /// <summary>Sends a frame; the frame must not be changed afterwards. At most once.</summary>
    void Send(ToNode frame);

    /// <summary>Closes its socket: it broke the protocol.</summary>
    void Drop(string reason);
}

/// <summary>From the door to the router: a node process said hello.</summary>
internal sealed record NodeGreeted(INodeLine Line, Hello Hello) : INoSerializationVerificationNeeded;

/// <summary>From the door to a session: any other frame.</summary>
internal sealed record FromNode(INodeLine Line, ToHub Frame) : INoSerializationVerificationNeeded;

/// <summary>From the router to a session: this node is cut off.</summary>
internal sealed record CutSession(Fault Fault) : INoSerializationVerificationNeeded;

/// <summary>From a session to the router, with every beat: what <see cref="ListSessions"/> shows.</summary>
internal sealed record SessionNews(SessionStatus Status) : INoSerializationVerificationNeeded;

/// <summary>Refusals as frames.</summary>
internal static class Refusals
{
    internal static ToNode Frame(Fault fault)
        => new() { Refused = new Refused { Code = fault.Code, Message = fault.Message, Retryable = fault.Retryable } };
}
