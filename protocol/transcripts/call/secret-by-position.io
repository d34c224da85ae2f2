// a secret by position is refused, too
$ sf-jwt call token '["acme", null, null, null, "SECRET"]'
<< {"error":{"code":-32602,"message":"a secret by value does not belong into an argument, where other users can read it","data":{"kind":"usage","reason":"invalid-parameter","retryable":false,"hint":"<hint-1>","causes":[],"links":[],"field":"params"}}}
== 2
