// a refusal
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"explain","params":{"code":"user-not-approved"}}
<< {"jsonrpc":"2.0","id":1,"result":{"code":"user-not-approved","kind":"refusal","...":"..."}}
