// headers without a length cannot be recovered from
$ sf-jwt serve
>>| "Content-Type: x\r\n\r\n{}"
<< {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"a block of headers without Content-Length","data":{"kind":"protocol","reason":"parse-error","retryable":false,"hint":"<hint-1>","causes":[],"links":[]}}}
== 1
