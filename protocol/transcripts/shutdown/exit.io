// exit ends the server and cancels what runs
$ sf-jwt emulator --latency 60000
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"org":"acme"}}
>> {"jsonrpc":"2.0","method":"exit"}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32800,"message":"the call was cancelled","data":{"kind":"cancelled","reason":"cancelled","retryable":false,"hint":null,"causes":[],"links":[]}}}
