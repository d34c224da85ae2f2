// the document
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"rpc.discover"}
<< {"jsonrpc":"2.0","id":1,"result":{"openrpc":"1.3.2","...":"..."}}
