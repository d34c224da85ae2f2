// the error goes to stdout too, with its exit code
$ sf-jwt call token '{"org":"nowhere"}'
<< {"error":{"code":1010,"message":"<message-2>","data":{"kind":"profile","reason":"unknown-org","retryable":false,"hint":"<hint-1>","causes":["..."],"links":["..."],"field":"org"}}}
== 10
